// What a file's name says about it.
#pragma once

#include <string>
#include <string_view>

namespace stoker {

// The extensions torchvision's ImageFolder takes, in any case: .jpg .jpeg .png .ppm .bmp .pgm .tif
// .tiff .webp. ("n02105855_2933.JPEG" holds a PNG: the name only says that it is an image.)
bool has_image_extension(std::string_view name);

// Whether the last part of `path` begins with a dot: .DS_Store, ._n01440764_10026.JPEG.
bool is_hidden(std::string_view path);

// "ILSVRC2012_val_00000293" for a path that ends in ILSVRC2012_val_00000293.JPEG, in any folder;
// empty for every other name.
std::string_view imagenet_val_stem(std::string_view path);

// Whether `text` is a WordNet id as ImageNet writes it: n and eight digits.
bool is_wnid(std::string_view text);

std::string_view base_name(std::string_view path);    // after the last slash
std::string_view folder_name(std::string_view path);  // before the last slash; empty without one

// Why a file that lies among images is left out; empty for an image.
std::string reason_to_skip(std::string_view path);

}  // namespace stoker
