// The options that programs which store images share.
//
// Thread-safety: of the main thread.
#pragma once

#include <string>

#include "tools/transform/image_encode.h"

namespace CLI {
class App;
}

namespace stoker {

// --encode and all that shapes an image on its way in.
void declare_image_flags(CLI::App& app, ImagePackOptions* options);

// --split NAME: split names become parts of file names.
void declare_split_flag(CLI::App& app, std::string* split, const std::string& help);

}  // namespace stoker
