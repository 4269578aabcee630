# `cpack -G DEB` in the build folder makes up to four packages:
#
#   stoker        the packers and checkers
#   stoker-arrow  what reads and writes Parquet: apart, as Arrow weighs six times what the rest does
#   stoker-train  train and predict: apart, as LibTorch and its BLAS weigh fifty times what the rest
#                 does, and a machine that packs needs none of it
#   stoker-dev    libdata's headers and archives
#
# What programs depend on is read from their own binaries (dpkg-shlibdeps).
set(CPACK_PACKAGE_NAME stoker)
set(CPACK_PACKAGE_VENDOR stoker)
set(CPACK_PACKAGE_CONTACT "stoker maintainers <root@localhost>" CACHE STRING "Maintainer of packages")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENTS_ALL development)

# stoker_package(COMPONENT NAME SECTION DESCRIPTION): with the licence where Debian looks for it.
macro(stoker_package component name section description)
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name})
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section})
  set(CPACK_COMPONENT_${upper}_DESCRIPTION "${description}")
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} RENAME copyright
    COMPONENT ${component})
endmacro()

if(STOKER_BUILD_TOOLS)
  list(APPEND CPACK_COMPONENTS_ALL programs)
  stoker_package(programs stoker science
    "pack, check and measure data sets of images and volumes
 Turns archives of images, class folders and TIFF volumes into checked, memory-mapped shards.")
endif()
if(TARGET stoker-arrow)
  list(APPEND CPACK_COMPONENTS_ALL arrow)
  stoker_package(arrow stoker-arrow science
    "Parquet and Arrow files for stoker
 Loaded by stoker's programs when they meet such files.")
  # The two are one program: no other version fits.
  set(CPACK_DEBIAN_ARROW_PACKAGE_DEPENDS "stoker (= ${PROJECT_VERSION})")
  set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SUGGESTS stoker-arrow)
endif()
if(STOKER_BUILD_TRAINER)
  list(APPEND CPACK_COMPONENTS_ALL trainer)
  stoker_package(trainer stoker-train science
    "train networks on data sets that stoker packed
 ResNet, DenseNet and 3-D U-Net, from shards, with LibTorch.")
  # LibTorch names no fast BLAS among its needs, and without one it multiplies at a few GFLOP/s.
  set(CPACK_DEBIAN_TRAINER_PACKAGE_RECOMMENDS libopenblas0-pthread)
endif()
stoker_package(development stoker-dev libdevel
  "headers and archives to read data sets that stoker packed
 find_package(stoker) in CMake gives stoker::data.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libtbb-dev, libfmt-dev, libspdlog-dev, \
libblosc-dev, libtiff-dev, libpng-dev, libwebp-dev, libturbojpeg0-dev, libjpeg-dev, libutf8proc-dev, \
libopencv-core-dev, libopencv-imgproc-dev, pkg-config")

include(CPack)
