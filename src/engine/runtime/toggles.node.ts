/** The toggles of Dawn: which ones each mode sets, and which there are, since Dawn silently ignores a misspelt name. */

import { editDistance } from '../../common/edit-distance.ts';
import { DeviceError } from '../core/errors.ts';
import type { DeviceOptions } from './options.ts';

/** What opens features that Dawn holds back: f16 on NVIDIA's Vulkan driver, and subgroup matrices, which are experimental. */
const features = ['vulkan_enable_f16_on_nvidia', 'allow_unsafe_apis'];

/** The toggles that each mode enables. */
export const dawnToggles: Record<NonNullable<DeviceOptions['mode']>, readonly string[]> = {
  safe: features,
  fast: [
    ...features,
    'disable_robustness',
    'disable_workgroup_init',
    'disable_polyfills_on_integer_div_and_mod',
    'skip_validation',
  ],
};

/**
 * The flags that Dawn's instance is created with.
 *
 * @param toggles in addition to those of the mode; what is both enabled and disabled is disabled
 * @throws DeviceError when Dawn knows no toggle of that name
 */
export function toggleFlags(
  mode: keyof typeof dawnToggles,
  { enable = [], disable = [] }: NonNullable<DeviceOptions['toggles']> = {},
): string[] {
  for (const name of [...enable, ...disable]) checkToggle(name);
  const wanted = new Map<string, boolean>();
  for (const name of dawnToggles[mode]) wanted.set(name, true);
  wanted.set('timestamp_quantization', false); // it rounds to 100 µs
  for (const name of enable) wanted.set(name, true);
  for (const name of disable) wanted.set(name, false);
  const names = (state: boolean): string[] => [...wanted.keys()].filter((name) => wanted.get(name) === state);
  return [`enable-dawn-features=${names(true).join(',')}`, `disable-dawn-features=${names(false).join(',')}`];
}

function checkToggle(name: string): void {
  if (knownToggles.includes(name)) return;
  const distances = knownToggles.map((known) => editDistance(name, known));
  const nearest = knownToggles[distances.indexOf(Math.min(...distances))];
  throw new DeviceError(`Dawn has no toggle ${name}; did you mean ${nearest}?`);
}

/** All toggles of the package webgpu 0.6.2, from the table that its binary for Linux on x64 holds of them. */
export const knownToggles: readonly string[] = `
  allow_alpha_to_coverage_not_blendable allow_unsafe_apis always_resolve_into_zero_level_and_layer
  apply_clear_big_integer_color_value_with_draw auto_map_backend_buffer blob_cache_hash_validation
  clear_buffer_before_resolve_queries clear_color_with_draw collapse_subgroup_min_max d3d11_delay_flush_to_gpu
  d3d11_disable_cpu_buffers d3d11_disable_fence d3d11_disable_map_on_default_buffers d3d11_use_discard_view
  d3d11_use_unmonitored_fence d3d12_allocate_extra_memory_for_2d_array_color_texture
  d3d12_always_use_typeless_formats_for_castable_texture d3d12_create_not_zeroed_heap
  d3d12_decompose_workgroup_access d3d12_dont_set_clear_value_on_depth_texture_creation
  d3d12_dont_use_not_zeroed_heap_flag_on_textures_as_commited_resources
  d3d12_dont_use_shader_model_66_or_higher d3d12_expand_shader_resource_state_transitions_to_copy_source
  d3d12_force_clear_copyable_depth_stencil_texture_on_creation
  d3d12_force_enable_subgroup_matrix_on_buggy_intel_drivers d3d12_force_stencil_component_replicate_swizzle
  d3d12_polyfill_f16_ceil_floor d3d12_polyfill_pack_unpack_4x8 d3d12_polyfill_reflect_vec2_f32
  d3d12_relax_buffer_texture_copy_pitch_and_offset_alignment d3d12_relax_min_subgroup_size_to_8
  d3d12_replace_add_with_minus_when_dst_factor_is_zero_and_src_factor_is_dst_alpha
  d3d12_use_64kb_alignment_msaa_texture d3d12_use_hlsl_2021 d3d12_use_root_signature_version_1_1
  d3d12_use_temp_buffer_in_depth_stencil_texture_and_buffer_copy_with_non_zero_buffer_offset
  d3d12_use_temp_buffer_in_texture_to_texture_copy_between_different_dimensions d3d_disable_ieee_strictness
  d3d_skip_shader_optimizations disable_base_instance disable_base_vertex
  disable_bind_group_layout_entry_array_size disable_blob_cache disable_demote_to_helper
  disable_indexed_draw_buffers disable_lazy_clear_for_mapped_at_creation_buffer
  disable_polyfills_on_integer_div_and_mod disable_resource_suballocation disable_robustness
  disable_sample_variables disable_sub_allocation_for_2d_texture_with_copy_dst_or_render_attachment
  disable_symbol_renaming disable_timestamp_query_conversion disable_transient_attachment
  disable_workgroup_init disallow_spirv dump_shaders dump_shaders_on_failure dump_tint_ir
  emit_hlsl_debug_symbols emulate_store_and_msaa_resolve enable_immediate_error_handling
  enable_integer_range_analysis_in_robustness enable_renderdoc_process_injection enable_shader_print
  enable_spirv_validation enable_subgroups_intel_gen9 enable_tint_ir_validation_asserts
  expose_wgsl_experimental_features expose_wgsl_testing_features flush_before_client_wait_sync
  fxc_optimizations gl_allow_context_on_multi_threads gl_defer gl_depth_bias_modifier
  gl_force_es_31_and_no_extensions gl_use_array_length_from_immediate
  ignore_imported_ahardwarebuffer_vulkan_image_size lazy_clear_resource_on_first_use
  metal_disable_module_constant_f16 metal_disable_sampler_compare metal_disable_timestamp_period_estimation
  metal_enable_tensors metal_enable_vertex_pulling metal_fill_empty_occlusion_queries_with_zero
  metal_fix_u32_div_mod metal_keep_multisubresource_depth_stencil_textures_initialized
  metal_polyfill_clamp_float metal_polyfill_tanh_f16 metal_polyfill_unpack_2x16_snorm
  metal_polyfill_unpack_2x16_unorm metal_render_r8_rg8_unorm_small_mip_to_temp_texture
  metal_replace_workgroup_bool_with_u32 metal_serialize_timestamp_generation_and_resolution
  metal_use_argument_buffers metal_use_both_depth_and_stencil_attachments_for_combined_depth_stencil_formats
  metal_use_combined_depth_stencil_format_for_stencil8 metal_use_mock_blit_encoder_for_write_timestamp
  metal_use_shared_mode_for_counter_sample_buffer
  no_workaround_dst_alpha_as_src_blend_factor_for_both_color_and_alpha_does_not_work
  no_workaround_indirect_base_vertex_not_applied
  no_workaround_sample_mask_becomes_zero_for_all_but_last_color_target
  nonzero_clear_resources_on_creation_for_testing polyfill_bool_vec_dynamic_store
  polyfill_pack_unpack_4x8_norm polyfill_packed_4x8_dot_product record_detailed_timing_in_trace_events
  resolve_multiple_attachments_in_separate_passes saturate_as_min_max_f16 scalarize_max_min_clamp
  skip_validation spirv_polyfill_float_abs spirv_polyfill_float_negation
  split_buffer_texture_copy_for_oversized_row spontaneous_queue_events timestamp_quantization turn_off_vsync
  use_blit_for_b2t use_blit_for_bgra8unorm_texture_to_buffer_copy use_blit_for_buffer_to_depth_texture_copy
  use_blit_for_buffer_to_stencil_texture_copy use_blit_for_depth16unorm_texture_to_buffer_copy
  use_blit_for_depth24plus_texture_to_buffer_copy use_blit_for_depth32float_texture_to_buffer_copy
  use_blit_for_depth_texture_to_texture_copy_to_nonzero_subresource use_blit_for_float_16_texture_copy
  use_blit_for_non_rgba_float_texture_to_buffer_copy use_blit_for_non_rgba_unorm_texture_to_buffer_copy
  use_blit_for_rg11b10ufloat_texture_copy use_blit_for_rgb9e5ufloat_texture_copy
  use_blit_for_sint_texture_to_buffer_copy use_blit_for_snorm_texture_to_buffer_copy
  use_blit_for_stencil_texture_to_buffer_copy use_blit_for_stencil_texture_write use_blit_for_t2b
  use_blit_for_uint_texture_to_buffer_copy use_d3d12_render_pass use_d3d12_residency_management
  use_d3d12_resource_heap_tier2 use_d3d12_small_shader_visible_heap use_dxc
  use_packed_depth24_unorm_stencil8_format use_placeholder_fragment_in_vertex_only_pipeline use_spirv_1_4
  use_spirv_reconvergence_mode use_t2b2t_for_srgb_texture_copy
  use_temp_buffer_in_small_format_texture_to_texture_copy_from_greater_to_less_mip_level
  use_temporary_buffer_in_texture_to_texture_copy use_user_defined_labels_in_backend use_vulkan_memory_model
  use_vulkan_zero_initialize_workgroup_memory_extension vulkan_add_work_to_empty_resolve_pass
  vulkan_clear_gen12_texture_with_ccs_ambiguate_on_creation
  vulkan_cooperative_matrix_stride_is_matrix_elements vulkan_direct_variable_access_transform_handle
  vulkan_disallow_npot_depth_stencil_mipmaps vulkan_enable_f16_on_nvidia
  vulkan_force_alpha_write_for_alpha_to_coverage vulkan_force_static_samplers_for_external_textures
  vulkan_incomplete_pipeline_cache_workaround vulkan_monolithic_pipeline_cache vulkan_polyfill_switch_with_if
  vulkan_relax_max_inter_stage_shader_variables vulkan_replace_workgroup_atomic_store_with_exchange
  vulkan_rewrite_unsigned_compare_zero vulkan_sample_compare_2d_workaround
  vulkan_sample_compare_depth_cube_array_workaround vulkan_skip_draw vulkan_sleep_after_lost_device_wait
  vulkan_split_buffer_texture_copy_for_array_layers
  vulkan_split_command_buffer_on_compute_pass_after_render_pass vulkan_use_buffer_robust_access_2
  vulkan_use_cooperative_matrix_robust_access vulkan_use_create_render_pass_2 vulkan_use_d32s8
  vulkan_use_demote_to_helper_invocation_extension vulkan_use_dynamic_rendering
  vulkan_use_extended_dynamic_state vulkan_use_image_robust_access_2
  vulkan_use_rasterization_order_attachment_access vulkan_use_s8 vulkan_use_storage_input_output_16
  wait_is_thread_safe
`
  .trim()
  .split(/\s+/);
