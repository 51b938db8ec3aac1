/*
 * A Vulkan layer that writes down what a driver's compiler made of every compute pipeline: the driver's statistics (registers, spills, estimated
 * cycles …) and its assembly. It asks by VK_KHR_pipeline_executable_properties, which it switches on when the program creates its device; the
 * program needs to know nothing of it.
 *
 * The file that PIPELINE_STATISTICS names gets one record for each pipeline, in the order of their creation:
 *
 *     executable <tab> name <tab> invocations in a subgroup
 *     statistic <tab> name <tab> value
 *     text <tab> name <tab> number of bytes, then a new line, those bytes and a new line
 *     end
 *
 * With PIPELINES_ONLY in the environment command buffers are neither begun nor ended. RADV without a card (RADV_FORCE_FAMILY, its "null"
 * window system) compiles, but its table of functions has none for command streams, and Dawn begins one as soon as a device is there.
 *
 * Source: Vulkan specification, "Pipeline Executable Properties" and VK_KHR_pipeline_executable_properties; Khronos' Vulkan-Loader,
 * LoaderLayerInterface.md, for the two structures that a layer unlinks in vkCreateInstance and vkCreateDevice.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#define EXPORTED __attribute__((visibility("default")))

/* What comes after this layer. One instance and one device at a time: that is how Dawn is used here. */
static PFN_vkGetInstanceProcAddr next_instance_function;
static PFN_vkGetDeviceProcAddr next_device_function;
static VkInstance instance;
static bool has_statistics;

#define NEXT_OF_DEVICE(device, name) ((PFN_##name)next_device_function(device, #name))
#define NEXT_OF_INSTANCE(name) ((PFN_##name)next_instance_function(instance, #name))

/* The structure by which the loader tells a layer what comes next. */
static VkLayerInstanceCreateInfo *instance_link(const VkInstanceCreateInfo *info)
{
   VkLayerInstanceCreateInfo *link = (VkLayerInstanceCreateInfo *)info->pNext;
   while (link && !(link->sType == VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO && link->function == VK_LAYER_LINK_INFO))
      link = (VkLayerInstanceCreateInfo *)link->pNext;
   return link;
}

static VkLayerDeviceCreateInfo *device_link(const VkDeviceCreateInfo *info)
{
   VkLayerDeviceCreateInfo *link = (VkLayerDeviceCreateInfo *)info->pNext;
   while (link && !(link->sType == VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO && link->function == VK_LAYER_LINK_INFO))
      link = (VkLayerDeviceCreateInfo *)link->pNext;
   return link;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo *info, const VkAllocationCallbacks *allocator,
                                                      VkInstance *created)
{
   VkLayerInstanceCreateInfo *link = instance_link(info);
   if (!link)
      return VK_ERROR_INITIALIZATION_FAILED;
   next_instance_function = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
   link->u.pLayerInfo = link->u.pLayerInfo->pNext;
   PFN_vkCreateInstance create = (PFN_vkCreateInstance)next_instance_function(NULL, "vkCreateInstance");
   VkResult result = create(info, allocator, created);
   instance = *created;
   return result;
}

static bool driver_has_statistics(VkPhysicalDevice physical)
{
   PFN_vkEnumerateDeviceExtensionProperties enumerate = NEXT_OF_INSTANCE(vkEnumerateDeviceExtensionProperties);
   uint32_t count = 0;
   enumerate(physical, NULL, &count, NULL);
   VkExtensionProperties *extensions = calloc(count, sizeof *extensions);
   enumerate(physical, NULL, &count, extensions);
   bool found = false;
   for (uint32_t i = 0; i < count; i++)
      found |= strcmp(extensions[i].extensionName, VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME) == 0;
   free(extensions);
   return found;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
                                                    const VkAllocationCallbacks *allocator, VkDevice *device)
{
   VkLayerDeviceCreateInfo *link = device_link(info);
   if (!link)
      return VK_ERROR_INITIALIZATION_FAILED;
   next_device_function = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
   link->u.pLayerInfo = link->u.pLayerInfo->pNext;
   PFN_vkCreateDevice create = NEXT_OF_INSTANCE(vkCreateDevice);

   has_statistics = driver_has_statistics(physical);
   if (!has_statistics)
      return create(physical, info, allocator, device);
   VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR feature = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR,
      .pNext = (void *)info->pNext,
      .pipelineExecutableInfo = VK_TRUE,
   };
   const char **names = calloc(info->enabledExtensionCount + 1, sizeof *names);
   for (uint32_t i = 0; i < info->enabledExtensionCount; i++)
      names[i] = info->ppEnabledExtensionNames[i];
   names[info->enabledExtensionCount] = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;
   VkDeviceCreateInfo extended = *info;
   extended.pNext = &feature;
   extended.enabledExtensionCount++;
   extended.ppEnabledExtensionNames = names;
   VkResult result = create(physical, &extended, allocator, device);
   free(names);
   return result;
}

static void write_value(FILE *file, const VkPipelineExecutableStatisticKHR *statistic)
{
   fprintf(file, "statistic\t%s\t", statistic->name);
   switch (statistic->format) {
   case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR:
      fprintf(file, "%u\n", statistic->value.b32);
      break;
   case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR:
      fprintf(file, "%lld\n", (long long)statistic->value.i64);
      break;
   case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR:
      fprintf(file, "%llu\n", (unsigned long long)statistic->value.u64);
      break;
   default:
      fprintf(file, "%.17g\n", statistic->value.f64);
   }
}

static void write_statistics(FILE *file, VkDevice device, const VkPipelineExecutableInfoKHR *executable)
{
   PFN_vkGetPipelineExecutableStatisticsKHR get = NEXT_OF_DEVICE(device, vkGetPipelineExecutableStatisticsKHR);
   uint32_t count = 0;
   get(device, executable, &count, NULL);
   VkPipelineExecutableStatisticKHR *statistics = calloc(count, sizeof *statistics);
   for (uint32_t i = 0; i < count; i++)
      statistics[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
   get(device, executable, &count, statistics);
   for (uint32_t i = 0; i < count; i++)
      write_value(file, &statistics[i]);
   free(statistics);
}

/* Drivers also offer their intermediate languages, many times as long as the assembly. */
static void write_assembly(FILE *file, VkDevice device, const VkPipelineExecutableInfoKHR *executable)
{
   PFN_vkGetPipelineExecutableInternalRepresentationsKHR get =
      NEXT_OF_DEVICE(device, vkGetPipelineExecutableInternalRepresentationsKHR);
   uint32_t count = 0;
   get(device, executable, &count, NULL);
   VkPipelineExecutableInternalRepresentationKHR *texts = calloc(count, sizeof *texts);
   for (uint32_t i = 0; i < count; i++)
      texts[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR;
   get(device, executable, &count, texts);
   for (uint32_t i = 0; i < count; i++)
      texts[i].pData = texts[i].isText && strcasestr(texts[i].name, "assembly") ? calloc(texts[i].dataSize + 1, 1) : NULL;
   get(device, executable, &count, texts);
   for (uint32_t i = 0; i < count; i++) {
      if (!texts[i].pData)
         continue;
      size_t bytes = strnlen(texts[i].pData, texts[i].dataSize);
      fprintf(file, "text\t%s\t%zu\n", texts[i].name, bytes);
      fwrite(texts[i].pData, 1, bytes, file);
      fputc('\n', file);
      free(texts[i].pData);
   }
   free(texts);
}

static void write_pipeline(VkDevice device, VkPipeline pipeline)
{
   const char *path = getenv("PIPELINE_STATISTICS");
   FILE *file = path ? fopen(path, "a") : NULL;
   if (!file)
      return;
   PFN_vkGetPipelineExecutablePropertiesKHR get = NEXT_OF_DEVICE(device, vkGetPipelineExecutablePropertiesKHR);
   VkPipelineInfoKHR info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, .pipeline = pipeline};
   uint32_t count = 0;
   get(device, &info, &count, NULL);
   VkPipelineExecutablePropertiesKHR *executables = calloc(count, sizeof *executables);
   for (uint32_t i = 0; i < count; i++)
      executables[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR;
   get(device, &info, &count, executables);
   for (uint32_t i = 0; i < count; i++) {
      VkPipelineExecutableInfoKHR executable = {
         .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR,
         .pipeline = pipeline,
         .executableIndex = i,
      };
      fprintf(file, "executable\t%s\t%u\n", executables[i].name, executables[i].subgroupSize);
      write_statistics(file, device, &executable);
      write_assembly(file, device, &executable);
   }
   fputs("end\n", file);
   fclose(file);
   free(executables);
}

static VKAPI_ATTR VkResult VKAPI_CALL create_compute_pipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
                                                               const VkComputePipelineCreateInfo *infos,
                                                               const VkAllocationCallbacks *allocator, VkPipeline *pipelines)
{
   PFN_vkCreateComputePipelines create = NEXT_OF_DEVICE(device, vkCreateComputePipelines);
   if (!has_statistics)
      return create(device, cache, count, infos, allocator, pipelines);
   VkComputePipelineCreateInfo *capturing = calloc(count, sizeof *capturing);
   for (uint32_t i = 0; i < count; i++) {
      capturing[i] = infos[i];
      capturing[i].flags |= VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR | VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR;
   }
   /* Without the cache: what comes from there has no statistics. */
   VkResult result = create(device, VK_NULL_HANDLE, count, capturing, allocator, pipelines);
   free(capturing);
   for (uint32_t i = 0; i < count; i++)
      if (pipelines[i])
         write_pipeline(device, pipelines[i]);
   return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL begin_no_commands(VkCommandBuffer commands, const VkCommandBufferBeginInfo *info)
{
   return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL end_no_commands(VkCommandBuffer commands)
{
   return VK_SUCCESS;
}

/* The functions of this layer; NULL for all others. */
static PFN_vkVoidFunction own_function(const char *name)
{
   static const struct {
      const char *name;
      PFN_vkVoidFunction function;
      bool without_commands;
   } own[] = {
      {"vkCreateInstance", (PFN_vkVoidFunction)create_instance, false},
      {"vkCreateDevice", (PFN_vkVoidFunction)create_device, false},
      {"vkCreateComputePipelines", (PFN_vkVoidFunction)create_compute_pipelines, false},
      {"vkBeginCommandBuffer", (PFN_vkVoidFunction)begin_no_commands, true},
      {"vkEndCommandBuffer", (PFN_vkVoidFunction)end_no_commands, true},
   };
   for (size_t i = 0; i < sizeof own / sizeof *own; i++)
      if (strcmp(own[i].name, name) == 0 && (!own[i].without_commands || getenv("PIPELINES_ONLY")))
         return own[i].function;
   return NULL;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_function(VkDevice device, const char *name)
{
   if (strcmp(name, "vkGetDeviceProcAddr") == 0)
      return (PFN_vkVoidFunction)device_function;
   PFN_vkVoidFunction own = own_function(name);
   return own ? own : next_device_function(device, name);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_function(VkInstance of, const char *name)
{
   if (strcmp(name, "vkGetInstanceProcAddr") == 0)
      return (PFN_vkVoidFunction)instance_function;
   if (strcmp(name, "vkGetDeviceProcAddr") == 0)
      return (PFN_vkVoidFunction)device_function;
   PFN_vkVoidFunction own = own_function(name);
   return own ? own : next_instance_function(of, name);
}

/* The only symbol: by it the loader asks for the rest. */
EXPORTED VKAPI_ATTR VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *version)
{
   version->loaderLayerInterfaceVersion = 2;
   version->pfnGetInstanceProcAddr = instance_function;
   version->pfnGetDeviceProcAddr = device_function;
   version->pfnGetPhysicalDeviceProcAddr = NULL;
   return VK_SUCCESS;
}
