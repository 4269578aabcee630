// What a file's name says about it.
#pragma once

#include <string>
#include <string_view>

namespace stoker {

// The extensions torchvision's ImageFolder takes, in any case (.jpg .jpeg .png .ppm .bmp .pgm .tif
// .tiff .webp), and what else the decoder knows under another name: .pbm .pnm .jpe .jfif .dib.
// ("n02105855_2933.JPEG" holds a PNG: the name only says that it is an image.)
bool has_image_extension(std::string_view name);

// "ILSVRC2012_val_00000293" for a path that ends in ILSVRC2012_val_00000293.JPEG, in any folder;
// empty for every other name.
std::string_view imagenet_val_stem(std::string_view path);

// Whether `text` is a WordNet id as ImageNet writes it: n and eight digits.
bool is_wnid(std::string_view text);

// The WordNet id that a file's name says, at its front or behind its last '_':
// n01440764_10026.JPEG, n01440764_10026_n01440764.JPEG, ILSVRC2012_val_00000001_n01440764.JPEG;
// empty where it says none, or two that differ.
std::string_view wnid_in_name(std::string_view path);
// Whether the name is of the flat Hugging Face layout: one of the two latter.
bool is_flat_imagenet_name(std::string_view path);

// Before the extension: "a/b" of "a/b.jpg"; all of it without one.
std::string_view without_extension(std::string_view path);
std::string to_lower(std::string_view text);  // ASCII letters alone

std::string_view base_name(std::string_view path);    // after the last slash
std::string_view folder_name(std::string_view path);  // before the last slash; empty without one

// The order of names everywhere: by bytes, part by part, so that "a/x" comes before "a-b/x" as it
// does when folders are listed one after the other.
bool comes_before(std::string_view path, std::string_view other);

// Why a file that lies among images is left out, going by its extension; empty for an image.
std::string reason_to_skip(std::string_view path);

}  // namespace stoker
