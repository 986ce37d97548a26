/*===- vitrt.h - running modules that vitc compiled ---------------*- C -*-===*\
|*
|* The C interface of libvitrt. vitrt.hpp wraps it for C++.
|*
|* A VitrtModule is a loaded .vitm file: immutable, used by any number of
|* threads. A VitrtDevice is a GPU, or the emulator. A VitrtSession runs the
|* module's plans on one stream of one device; one thread at a time uses it.
|* Handles are counted: a session keeps its module and device alive, so handles
|* may be released in any order.
|*
|* Functions return VITRT_OK or the number of a diagnostic (601 for E0601; see
|* docs/diagnostics); vitrtErrorMessage then says what happened. A failed
|* function leaves its outputs untouched. Nothing throws.
|*
|* Structs begin with structSize, which the caller sets to sizeof the struct:
|* later versions append fields, and callers compiled with older headers keep
|* working. Fields left zero take their defaults.
|*
|* Loading any bytes is safe. Running a module on a GPU is like running an
|* executable: do it with modules that you trust.
|*
\*===----------------------------------------------------------------------===*/
#ifndef VITRT_H
#define VITRT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#error "libvitrt runs on Linux"
#endif
#define VITRT_API __attribute__((visibility("default")))

#define VITRT_VERSION_MAJOR 0
#define VITRT_VERSION_MINOR 1
#define VITRT_VERSION_PATCH 0

typedef int32_t VitrtStatus;
#define VITRT_OK 0

typedef struct VitrtModule VitrtModule;
typedef struct VitrtDevice VitrtDevice;
typedef struct VitrtSession VitrtSession;

/* Element types; the numbers are those of the module format. */
typedef enum VitrtDtype {
  VITRT_F32 = 1,
  VITRT_F16 = 3,
  VITRT_BF16 = 4,
  VITRT_F8E4M3FN = 5,
  VITRT_F8E5M2 = 6,
  VITRT_I8 = 7,
  VITRT_UI8 = 8,
  VITRT_I32 = 9,
  VITRT_I1 = 10, /* One byte, 0 or 1. */
  VITRT_I64 = 11
} VitrtDtype;

typedef enum VitrtMemory {
  VITRT_HOST = 1,
  VITRT_DEVICE = 2 /* `data` is a device address. */
} VitrtMemory;

typedef enum VitrtDeviceKind {
  VITRT_CUDA = 1,
  VITRT_EMULATOR = 2
} VitrtDeviceKind;

/*===- Errors and version
 * --------------------------------------------------===*/

/* 10203 for 1.2.3, of the library that runs. */
VITRT_API uint32_t vitrtVersion(void);
/* What the last failed call of this thread said; "" if none failed. Valid until
   the thread's next call. */
VITRT_API const char *vitrtErrorMessage(void);
/* "E0601" for 601; "" for VITRT_OK and unknown numbers. */
VITRT_API const char *vitrtStatusName(VitrtStatus status);
/* Bytes of an element; 0 for a number that is no type. */
VITRT_API size_t vitrtDtypeSize(VitrtDtype dtype);

/*===- Modules
 * -------------------------------------------------------------===*/

/* The file is mapped: it must not change while the module is in use. */
VITRT_API VitrtStatus vitrtModuleLoad(const char *path, VitrtModule **module);
/* The bytes are copied. */
VITRT_API VitrtStatus vitrtModuleLoadMemory(const void *bytes, size_t size,
                                            VitrtModule **module);
VITRT_API void vitrtModuleRelease(VitrtModule *module);

/* Texts in the structs below live as long as the module. */
typedef struct VitrtModuleInfo {
  size_t structSize;
  uint32_t planCount;
  uint32_t reserved;
  const char *compiler;  /* "vitc 0.1.0" */
  const char *nvrtc;     /* "12.9"; "" in a source-only module. */
  const char *modelName; /* The ONNX graph's. */
} VitrtModuleInfo;
VITRT_API VitrtStatus vitrtModuleGetInfo(const VitrtModule *module,
                                         VitrtModuleInfo *info);

typedef struct VitrtPlanInfo {
  size_t structSize;
  const char *target;    /* "sm_90" */
  const char *device;    /* "h200", or "". */
  const char *precision; /* "fp32", "fp16", "bf16". */
  int64_t minBatch, optBatch, maxBatch;
  uint32_t inputCount, outputCount, launchCount, kernelCount;
  uint64_t arenaBytes;
} VitrtPlanInfo;
VITRT_API VitrtStatus vitrtModuleGetPlanInfo(const VitrtModule *module,
                                             uint32_t plan,
                                             VitrtPlanInfo *info);

#define VITRT_MAX_RANK 16
typedef struct VitrtTensorInfo {
  size_t structSize;
  const char *name;
  int32_t dtype; /* VitrtDtype */
  int32_t rank;
  int64_t shape[VITRT_MAX_RANK];    /* Factor of the batch where perBatch. */
  uint8_t perBatch[VITRT_MAX_RANK]; /* 1: the size is shape[i] * batch. */
} VitrtTensorInfo;
VITRT_API VitrtStatus vitrtModuleGetInputInfo(const VitrtModule *module,
                                              uint32_t plan, uint32_t index,
                                              VitrtTensorInfo *info);
VITRT_API VitrtStatus vitrtModuleGetOutputInfo(const VitrtModule *module,
                                               uint32_t plan, uint32_t index,
                                               VitrtTensorInfo *info);
/* What the compiler recorded under a key ("mean", "std", "labels"); null if
   nothing. */
VITRT_API const char *vitrtModuleGetMetadata(const VitrtModule *module,
                                             const char *key);

/*===- Devices
 * -------------------------------------------------------------===*/

/* GPUs of this machine. Fails where there is no driver. */
VITRT_API VitrtStatus vitrtCudaDeviceCount(int32_t *count);

typedef struct VitrtCudaOptions {
  size_t structSize;
  int32_t ordinal;
  int32_t reserved;
  /* A folder with libnvrtc, for modules without a form that the GPU takes;
     null: where the system has it. */
  const char *nvrtcFolder;
} VitrtCudaOptions;
/* `options` may be null. Uses the device's primary context. */
VITRT_API VitrtStatus vitrtDeviceOpenCuda(const VitrtCudaOptions *options,
                                          VitrtDevice **device);

typedef struct VitrtEmulatorOptions {
  size_t structSize;
  /* The emulator compiles the module's kernel text with the host's compiler and
     runs it in a helper process. Must be 1: you trust the module as you would
     an executable. */
  int32_t trustSource;
  int32_t check;        /* 1: races, bounds, uninitialised reads ... */
  int32_t earlyCopies;  /* 1: asynchronous copies land at issue. */
  uint32_t threads;     /* 0: one a processor. */
  uint64_t seed;        /* Order of threads; 0: in order. */
  double timeout;       /* Seconds a launch may take; 0: 600. */
  const char *helper;   /* Path of vitrt-emulator; null: beside the library. */
  const char *compiler; /* Null: g++. */
} VitrtEmulatorOptions;
VITRT_API VitrtStatus vitrtDeviceOpenEmulator(
    const VitrtEmulatorOptions *options, VitrtDevice **device);
VITRT_API void vitrtDeviceRelease(VitrtDevice *device);

typedef struct VitrtDeviceInfo {
  size_t structSize;
  int32_t kind; /* VitrtDeviceKind */
  int32_t ordinal;
  const char *name;      /* Lives as long as the device. */
  int32_t arch;          /* 90 for compute capability 9.0; 0: emulator. */
  int32_t driverVersion; /* 12090 for 12.9; 0: emulator. */
  uint64_t memoryBytes;
} VitrtDeviceInfo;
VITRT_API VitrtStatus vitrtDeviceGetInfo(const VitrtDevice *device,
                                         VitrtDeviceInfo *info);

/* Memory of the device, aligned to 256 bytes. Freeing 0 does nothing. */
VITRT_API VitrtStatus vitrtDeviceAllocate(VitrtDevice *device, uint64_t bytes,
                                          uint64_t *address);
VITRT_API void vitrtDeviceFree(VitrtDevice *device, uint64_t address);
/* Copies and waits. */
VITRT_API VitrtStatus vitrtDeviceUpload(VitrtDevice *device, uint64_t to,
                                        const void *from, uint64_t bytes);
VITRT_API VitrtStatus vitrtDeviceDownload(VitrtDevice *device, void *to,
                                          uint64_t from, uint64_t bytes);

/*===- Sessions
 * ------------------------------------------------------------===*/

typedef struct VitrtSessionOptions {
  size_t structSize;
  const char *planTarget; /* "sm_80" or a device's name; null: the best one. */
  void *stream;           /* A CUstream of the primary context. */
  int32_t useStream;      /* 1: use `stream`, even if null; 0: an own one. */
  int32_t noGraphs;       /* 1: never record CUDA graphs. */
  /* Device memory for arena and buffers; both or none. CUDA only. allocate
     returns 0 on failure. */
  uint64_t (*allocate)(uint64_t bytes, void *user);
  void (*free)(uint64_t address, void *user);
  void *user;
} VitrtSessionOptions;
/* `options` may be null. */
VITRT_API VitrtStatus vitrtSessionCreate(VitrtModule *module,
                                         VitrtDevice *device,
                                         const VitrtSessionOptions *options,
                                         VitrtSession **session);
VITRT_API void vitrtSessionRelease(VitrtSession *session);

/* Dense, row-major. A lone input or output needs no name (null). */
typedef struct VitrtTensor {
  size_t structSize;
  const char *name;
  int32_t dtype;  /* VitrtDtype */
  int32_t memory; /* VitrtMemory */
  const int64_t *shape;
  int32_t rank;
  int32_t reserved;
  void *data;
} VitrtTensor;

/* The plan (a number for vitrtModuleGetPlanInfo) and the batch that these
   inputs take. Data may be null. With no inputs: the plan that is tried first,
   and its largest batch. */
VITRT_API VitrtStatus vitrtSessionChoosePlan(VitrtSession *session,
                                             const VitrtTensor *inputs,
                                             size_t inputCount, uint32_t *plan,
                                             int64_t *batch);
/* Runs and waits. `outputs` may be a part of the plan's. */
VITRT_API VitrtStatus vitrtSessionRun(VitrtSession *session,
                                      const VitrtTensor *inputs,
                                      size_t inputCount,
                                      const VitrtTensor *outputs,
                                      size_t outputCount);
/* Enqueues on the session's stream; host memory must stay until
   vitrtSessionSynchronize returns. */
VITRT_API VitrtStatus vitrtSessionEnqueue(VitrtSession *session,
                                          const VitrtTensor *inputs,
                                          size_t inputCount,
                                          const VitrtTensor *outputs,
                                          size_t outputCount);
VITRT_API VitrtStatus vitrtSessionSynchronize(VitrtSession *session);

typedef struct VitrtLaunchInfo {
  size_t structSize;
  uint32_t index;
  uint32_t nodeCount;
  const char *kernel;       /* Symbol. */
  const char *vitOp;        /* "vit.linear" */
  const char *const *nodes; /* ONNX node names. */
  double seconds;
  double flops; /* At this batch, padding excluded. */
  double bytes; /* Compulsory. */
} VitrtLaunchInfo;
/* Called after each launch of later runs, which then wait for each launch. Null
   turns it off. Texts live during the call. */
VITRT_API VitrtStatus vitrtSessionSetProfiler(
    VitrtSession *session,
    void (*profiler)(const VitrtLaunchInfo *launch, void *user), void *user);

#ifdef __cplusplus
}
#endif

#endif /* VITRT_H */
