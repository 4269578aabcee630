# The libraries that libdata stands on. Read by our own build, and installed beside stokerConfig.cmake,
# so that whoever links stoker::data gets them under the same names. Headers that only our own .cc files
# see (CLI11, nlohmann's JSON) are not among them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(TBB REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(TIFF REQUIRED)
pkg_check_modules(TURBOJPEG REQUIRED IMPORTED_TARGET libturbojpeg libjpeg)
pkg_check_modules(PNG REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(WEBP REQUIRED IMPORTED_TARGET libwebp libwebpdemux)
pkg_check_modules(BLOSC REQUIRED IMPORTED_TARGET blosc)
pkg_check_modules(UTF8PROC IMPORTED_TARGET libutf8proc)

# OpenCV: only the two modules we use, as Debian's small -dev packages bring them. Loaded only by
# programs that call them: a packer does not, and starts the sooner.
find_path(OPENCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)
foreach(module core imgproc)
  find_library(OPENCV_${module}_LIBRARY opencv_${module} REQUIRED)
  if(NOT TARGET stoker_opencv_${module})
    add_library(stoker_opencv_${module} INTERFACE IMPORTED)
    target_include_directories(stoker_opencv_${module} SYSTEM INTERFACE ${OPENCV_INCLUDE_DIR})
    target_link_libraries(stoker_opencv_${module} INTERFACE
      "-Wl,--push-state,--as-needed,${OPENCV_${module}_LIBRARY},--pop-state")
  endif()
endforeach()
