/*
 * An Intel GPU that is not there, for Mesa's Vulkan driver ANV: preloaded (LD_PRELOAD), this library answers what ANV asks of libdrm and of
 * the kernel's module i915, as one with the PCI id in FAKE_I915 would (0x56a0: Arc A770, 0x9a49: Tiger Lake, 0x7d55: Meteor Lake). So ANV
 * opens the device and its compiler runs. Work that is submitted counts as done at once, and nothing is computed.
 *
 * What ANV asks for while a device is opened and pipelines are made was found by printing it (Mesa 25.0.7); all else succeeds and does nothing.
 *
 *     list of devices, version of the driver   libdrm's functions, replaced
 *     /dev/dri/renderD128                      open and stat give an empty file in memory as the device
 *     GETPARAM, QUERY                          chip, revision, clock, engines, memory, cores that are there
 *     GEM_CREATE, GEM_CREATE_EXT, MMAP_GTT     numbers that name nothing; mapped, they are zeroed memory of the process
 *     CONTEXT_CREATE, CONTEXT_GETPARAM         the address space has 48 bits
 *     EXECBUFFER2, synchronisation objects     done
 *
 * Source: the kernel's public interface, include/uapi/drm/i915_drm.h, and libdrm's xf86drm.h; numbers of cores: Intel, "Xe GPU
 * architecture", oneAPI GPU Optimization Guide.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <i915_drm.h>
#include <xf86drm.h>

/* The function of this name that the program would have called. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* ---- the device ------------------------------------------------------------------------------------------------------------------- */

static unsigned chip(void)
{
   const char *id = getenv("FAKE_I915");
   return id ? strtoul(id, NULL, 16) : 0x56a0;
}

/* Arc A: memory of its own, no cache shared with the processor. */
static bool is_discrete(void) { return (chip() & 0xff00) == 0x5600; }

/* Groups of 16 execution units: Xe-cores, dual subslices before Xe-HPG. */
static int core_count(void)
{
   if (is_discrete())
      return 32;
   return chip() == 0x7d55 ? 8 : 6;
}

enum { units_per_core = 16 };

/* A stepping that was sold: some features are off on earlier ones. */
static int revision(void) { return is_discrete() ? 8 : 4; }

/* ---- its file --------------------------------------------------------------------------------------------------------------------- */

static const char device_file[] = "/dev/dri/renderD128";
static int memory_file = -1;

static int open_device(void)
{
   if (memory_file < 0)
      memory_file = memfd_create("i915", MFD_CLOEXEC);
   return fcntl(memory_file, F_DUPFD_CLOEXEC, 3);
}

static bool is_device(int fd)
{
   struct stat64 opened, device;
   return memory_file >= 0 && REAL(fstat64)(fd, &opened) == 0 && REAL(fstat64)(memory_file, &device) == 0 &&
          opened.st_dev == device.st_dev && opened.st_ino == device.st_ino;
}

/* Major number 226 is DRM's; render nodes begin at 128. */
static int describe_device(struct stat64 *description)
{
   memset(description, 0, sizeof *description);
   description->st_mode = S_IFCHR | 0666;
   description->st_rdev = makedev(226, 128);
   return 0;
}

int open64(const char *path, int flags, ...)
{
   va_list rest;
   va_start(rest, flags);
   mode_t mode = va_arg(rest, int);
   va_end(rest);
   return strcmp(path, device_file) == 0 ? open_device() : REAL(open64)(path, flags, mode);
}

int stat64(const char *path, struct stat64 *description)
{
   return strcmp(path, device_file) == 0 ? describe_device(description) : REAL(stat64)(path, description);
}

int fstat64(int fd, struct stat64 *description)
{
   return is_device(fd) ? describe_device(description) : REAL(fstat64)(fd, description);
}

void *mmap64(void *address, size_t bytes, int protection, int flags, int fd, off64_t offset)
{
   if (fd < 0 || !is_device(fd))
      return REAL(mmap64)(address, bytes, protection, flags, fd, offset);
   int anonymous = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (flags & MAP_FIXED);
   return REAL(mmap64)(address, bytes, protection, anonymous, -1, 0);
}

/* ---- libdrm ----------------------------------------------------------------------------------------------------------------------- */

static drmDevicePtr the_device(void)
{
   static char *nodes[DRM_NODE_MAX];
   static drmPciBusInfo bus = {.bus = 3};
   static drmPciDeviceInfo pci;
   static drmDevice device = {.nodes = nodes, .bustype = DRM_BUS_PCI};
   pci = (drmPciDeviceInfo){.vendor_id = 0x8086, .subvendor_id = 0x8086, .device_id = chip(), .revision_id = revision()};
   nodes[DRM_NODE_RENDER] = (char *)device_file;
   nodes[DRM_NODE_PRIMARY] = "/dev/dri/no-card"; /* looked for without a look at available_nodes */
   device.available_nodes = 1 << DRM_NODE_RENDER;
   device.businfo.pci = &bus;
   device.deviceinfo.pci = &pci;
   return &device;
}

int drmGetDevices2(uint32_t flags, drmDevicePtr devices[], int most)
{
   if (devices && most > 0)
      devices[0] = the_device();
   return 1;
}

int drmGetDevice2(int fd, uint32_t flags, drmDevicePtr *device)
{
   *device = the_device();
   return 0;
}

void drmFreeDevices(drmDevicePtr devices[], int count) {}

void drmFreeDevice(drmDevicePtr *device) {}

drmVersionPtr drmGetVersion(int fd)
{
   static drmVersion version = {.version_major = 1, .version_minor = 6, .name = "i915", .name_len = 4, .date = "", .desc = ""};
   return &version;
}

void drmFreeVersion(drmVersionPtr version) {}

int drmGetCap(int fd, uint64_t capability, uint64_t *value)
{
   *value = 1;
   return 0;
}

static uint32_t next_handle = 1;

int drmSyncobjCreate(int fd, uint32_t flags, uint32_t *handle)
{
   *handle = next_handle++;
   return 0;
}

int drmSyncobjDestroy(int fd, uint32_t handle) { return 0; }

int drmSyncobjReset(int fd, const uint32_t *handles, uint32_t count) { return 0; }

int drmSyncobjSignal(int fd, const uint32_t *handles, uint32_t count) { return 0; }

int drmSyncobjTimelineSignal(int fd, const uint32_t *handles, uint64_t *points, uint32_t count) { return 0; }

int drmSyncobjTransfer(int fd, uint32_t to, uint64_t to_point, uint32_t from, uint64_t from_point, uint32_t flags) { return 0; }

int drmSyncobjWait(int fd, uint32_t *handles, unsigned count, int64_t timeout, unsigned flags, uint32_t *first)
{
   if (first)
      *first = 0;
   return 0;
}

int drmSyncobjTimelineWait(int fd, uint32_t *handles, uint64_t *points, unsigned count, int64_t timeout, unsigned flags,
                           uint32_t *first)
{
   return drmSyncobjWait(fd, handles, count, timeout, flags, first);
}

/* Every point of a timeline has been reached. */
int drmSyncobjQuery(int fd, uint32_t *handles, uint64_t *points, uint32_t count)
{
   for (uint32_t i = 0; i < count; i++)
      points[i] = 1ull << 40;
   return 0;
}

/* ---- the kernel's module ---------------------------------------------------------------------------------------------------------- */

static int parameter(int name)
{
   switch (name) {
   case I915_PARAM_CHIPSET_ID:
      return chip();
   case I915_PARAM_REVISION:
      return revision();
   case I915_PARAM_SUBSLICE_TOTAL:
      return core_count();
   case I915_PARAM_EU_TOTAL:
      return core_count() * units_per_core;
   case I915_PARAM_CS_TIMESTAMP_FREQUENCY:
      return 19200000; /* hertz */
   case I915_PARAM_HAS_ALIASING_PPGTT:
      return 3; /* an address space of 48 bits for each context */
   case I915_PARAM_MMAP_VERSION:
   case I915_PARAM_MMAP_GTT_VERSION:
      return 4; /* the version with GEM_MMAP_OFFSET */
   case I915_PARAM_HAS_LLC:
      return !is_discrete();
   case I915_PARAM_HAS_USERPTR_PROBE:
   case I915_PARAM_PERF_REVISION:
      return 0;
   default:
      return 1; /* all that is left says whether something is there */
   }
}

/* One slice with all cores, and in each all execution units, as three masks of bits. */
static int topology(struct drm_i915_query_item *item)
{
   int cores = core_count(), core_bytes = (cores + 7) / 8, unit_bytes = units_per_core / 8;
   int bytes = sizeof(struct drm_i915_query_topology_info) + 1 + core_bytes + cores * unit_bytes;
   if (item->length == 0)
      return bytes;
   struct drm_i915_query_topology_info *info = (void *)(uintptr_t)item->data_ptr;
   memset(info, 0, bytes);
   info->max_slices = 1;
   info->max_subslices = cores;
   info->max_eus_per_subslice = units_per_core;
   info->subslice_offset = 1;
   info->subslice_stride = core_bytes;
   info->eu_offset = 1 + core_bytes;
   info->eu_stride = unit_bytes;
   info->data[0] = 1;
   for (int core = 0; core < cores; core++)
      info->data[info->subslice_offset + core / 8] |= 1 << core % 8;
   memset(info->data + info->eu_offset, 0xff, cores * unit_bytes);
   return bytes;
}

static int engines(struct drm_i915_query_item *item)
{
   int bytes = sizeof(struct drm_i915_query_engine_info) + 2 * sizeof(struct drm_i915_engine_info);
   if (item->length == 0)
      return bytes;
   struct drm_i915_query_engine_info *info = (void *)(uintptr_t)item->data_ptr;
   memset(info, 0, bytes);
   info->num_engines = 2;
   info->engines[0].engine.engine_class = I915_ENGINE_CLASS_RENDER;
   info->engines[1].engine.engine_class = I915_ENGINE_CLASS_COPY;
   return bytes;
}

static int memory_regions(struct drm_i915_query_item *item)
{
   int count = is_discrete() ? 2 : 1;
   int bytes = sizeof(struct drm_i915_query_memory_regions) + count * sizeof(struct drm_i915_memory_region_info);
   if (item->length == 0)
      return bytes;
   struct drm_i915_query_memory_regions *info = (void *)(uintptr_t)item->data_ptr;
   memset(info, 0, bytes);
   info->num_regions = count;
   for (int i = 0; i < count; i++) {
      info->regions[i].region.memory_class = i == 0 ? I915_MEMORY_CLASS_SYSTEM : I915_MEMORY_CLASS_DEVICE;
      info->regions[i].probed_size = info->regions[i].unallocated_size = 16ull << 30;
   }
   return bytes;
}

static int query(struct drm_i915_query *asked)
{
   struct drm_i915_query_item *items = (void *)(uintptr_t)asked->items_ptr;
   for (uint32_t i = 0; i < asked->num_items; i++) {
      switch (items[i].query_id) {
      case DRM_I915_QUERY_TOPOLOGY_INFO:
      case DRM_I915_QUERY_GEOMETRY_SUBSLICES:
         items[i].length = topology(&items[i]);
         break;
      case DRM_I915_QUERY_ENGINE_INFO:
         items[i].length = engines(&items[i]);
         break;
      case DRM_I915_QUERY_MEMORY_REGIONS:
         items[i].length = memory_regions(&items[i]);
         break;
      default:
         items[i].length = -EINVAL;
      }
   }
   return 0;
}

static int answer(unsigned long request, void *argument)
{
   unsigned number = _IOC_NR(request);
   if (number < DRM_COMMAND_BASE || number >= DRM_COMMAND_END)
      return 0; /* closing handles and other requests of DRM itself */
   switch (number - DRM_COMMAND_BASE) {
   case DRM_I915_GETPARAM: {
      struct drm_i915_getparam *asked = argument;
      *asked->value = parameter(asked->param);
      break;
   }
   case DRM_I915_QUERY:
      return query(argument);
   case DRM_I915_GEM_CREATE:
      ((struct drm_i915_gem_create *)argument)->handle = next_handle++;
      break;
   case DRM_I915_GEM_CREATE_EXT:
      ((struct drm_i915_gem_create_ext *)argument)->handle = next_handle++;
      break;
   case DRM_I915_GEM_USERPTR:
      ((struct drm_i915_gem_userptr *)argument)->handle = next_handle++;
      break;
   case DRM_I915_GEM_MMAP_GTT: /* and GEM_MMAP_OFFSET, which has its number */
      ((struct drm_i915_gem_mmap_offset *)argument)->offset = 0;
      break;
   case DRM_I915_GEM_CONTEXT_CREATE:
      ((struct drm_i915_gem_context_create *)argument)->ctx_id = next_handle++;
      break;
   case DRM_I915_GEM_CONTEXT_GETPARAM: {
      struct drm_i915_gem_context_param *asked = argument;
      asked->value = asked->param == I915_CONTEXT_PARAM_GTT_SIZE ? 1ull << 48 : 0;
      break;
   }
   case DRM_I915_GEM_VM_CREATE:
      ((struct drm_i915_gem_vm_control *)argument)->vm_id = next_handle++;
      break;
   case DRM_I915_GEM_GET_APERTURE: {
      struct drm_i915_gem_get_aperture *asked = argument;
      asked->aper_size = asked->aper_available_size = 1ull << 48;
      break;
   }
   case DRM_I915_GEM_GET_TILING: {
      struct drm_i915_gem_get_tiling *asked = argument;
      asked->tiling_mode = asked->swizzle_mode = 0;
      break;
   }
   }
   return 0;
}

int drmIoctl(int fd, unsigned long request, void *argument) { return answer(request, argument); }

int ioctl(int fd, unsigned long request, ...)
{
   va_list rest;
   va_start(rest, request);
   void *argument = va_arg(rest, void *);
   va_end(rest);
   return _IOC_TYPE(request) == DRM_IOCTL_BASE && is_device(fd) ? answer(request, argument) : REAL(ioctl)(fd, request, argument);
}
