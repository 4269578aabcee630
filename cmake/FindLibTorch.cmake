# LibTorch as the imported target LibTorch::LibTorch, from plain headers and libraries.
#
# TorchConfig.cmake of a CUDA build enables the CUDA language and so asks for nvcc, which we do not
# need: nothing here compiles device code. Looked for in STOKER_TORCH_PREFIX, then in
# CMAKE_PREFIX_PATH (both may be an unpacked LibTorch, a Python package's folder `torch`, or what
# torch.utils.cmake_prefix_path prints), then in the system's folders.
# Sets LibTorch_FOUND, LibTorch_VERSION, LibTorch_CUDA (whether libtorch_cuda is there).

set(STOKER_TORCH_PREFIX "" CACHE PATH "Where LibTorch is; empty: CMAKE_PREFIX_PATH, then the system")

set(libtorch_prefixes "")
foreach(prefix IN LISTS STOKER_TORCH_PREFIX CMAKE_PREFIX_PATH)
  string(REGEX REPLACE "/share/cmake/?$" "" prefix "${prefix}")
  list(APPEND libtorch_prefixes "${prefix}")
endforeach()

# A prefix the user names is the one that counts: falling back to the system's would mislead.
set(libtorch_where PATHS ${libtorch_prefixes} NO_DEFAULT_PATH)
if(NOT STOKER_TORCH_PREFIX)
  set(libtorch_where HINTS ${libtorch_prefixes})
endif()
find_path(LibTorch_INCLUDE_DIR ATen/ATen.h PATH_SUFFIXES include ${libtorch_where})
find_path(LibTorch_API_INCLUDE_DIR torch/torch.h
  PATH_SUFFIXES include/torch/csrc/api/include torch/csrc/api/include ${libtorch_where})
foreach(library torch torch_cpu c10 torch_cuda c10_cuda)
  find_library(LibTorch_${library}_LIBRARY ${library} PATH_SUFFIXES lib ${libtorch_where})
endforeach()

if(LibTorch_API_INCLUDE_DIR)
  # 2.9 moved the macros to headeronly; a header that only includes the other gives no match.
  set(libtorch_version_parts "")
  foreach(part MAJOR MINOR PATCH)
    foreach(header "${LibTorch_API_INCLUDE_DIR}/torch/version.h"
                   "${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h")
      if(EXISTS "${header}")
        file(STRINGS "${header}" libtorch_line REGEX "#define TORCH_VERSION_${part} [0-9]+")
        if(libtorch_line MATCHES "([0-9]+)$")
          list(APPEND libtorch_version_parts ${CMAKE_MATCH_1})
        endif()
      endif()
    endforeach()
  endforeach()
  list(JOIN libtorch_version_parts "." LibTorch_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_torch_LIBRARY LibTorch_torch_cpu_LIBRARY LibTorch_c10_LIBRARY
                LibTorch_INCLUDE_DIR LibTorch_API_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE
    "Install libtorch-dev, give -DSTOKER_TORCH_PREFIX=DIR, or leave the trainer out with -DSTOKER_BUILD_TRAINER=OFF")

# Everything else of the house is built with libstdc++'s C++11 strings; wheels before 2.7 are not.
set(libtorch_config "${LibTorch_INCLUDE_DIR}/../share/cmake/Torch/TorchConfig.cmake")
if(EXISTS "${libtorch_config}")
  file(STRINGS "${libtorch_config}" libtorch_abi REGEX "_GLIBCXX_USE_CXX11_ABI=0")
  if(libtorch_abi)
    message(FATAL_ERROR "The LibTorch in ${LibTorch_INCLUDE_DIR} has the old C++ ABI: take the cxx11-abi archive, or 2.7 or later")
  endif()
endif()

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  set(LibTorch_CUDA OFF)
  set(libtorch_libraries ${LibTorch_torch_LIBRARY} ${LibTorch_torch_cpu_LIBRARY} ${LibTorch_c10_LIBRARY})
  if(LibTorch_torch_cuda_LIBRARY AND LibTorch_c10_cuda_LIBRARY)
    set(LibTorch_CUDA ON)
    # No symbol of libtorch_cuda is named by us: it registers its kernels when it is loaded. What
    # it needs in turn (cuDNN, cuBLAS) is found at run time by its own run path.
    list(APPEND libtorch_libraries
      -Wl,--push-state,--no-as-needed ${LibTorch_torch_cuda_LIBRARY} -Wl,--pop-state
      ${LibTorch_c10_cuda_LIBRARY} -Wl,--allow-shlib-undefined)
  endif()
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  # LibTorch 2.x brings an fmt of its own among its headers, which would come before the one that
  # spdlog was built with: a folder with nothing but that one comes first.
  get_target_property(libtorch_fmt_dir fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
  if(EXISTS "${LibTorch_INCLUDE_DIR}/fmt" AND NOT LibTorch_INCLUDE_DIR STREQUAL libtorch_fmt_dir)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/fmt_first)
    file(CREATE_LINK "${libtorch_fmt_dir}/fmt" ${CMAKE_BINARY_DIR}/fmt_first/fmt SYMBOLIC)
    target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/fmt_first)
  endif()
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
    ${LibTorch_INCLUDE_DIR} ${LibTorch_API_INCLUDE_DIR})
  target_link_libraries(LibTorch::LibTorch INTERFACE ${libtorch_libraries})
  message(STATUS "LibTorch ${LibTorch_VERSION} (CUDA: ${LibTorch_CUDA}): ${LibTorch_torch_LIBRARY}")
endif()
mark_as_advanced(LibTorch_INCLUDE_DIR LibTorch_API_INCLUDE_DIR)
