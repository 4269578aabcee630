// TFRecord: files of tf.train.Examples. What is read: tfrecord_reader.h; what is written:
// tfrecord_writer.h; docs/formats/tfrecord.md.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& tfrecord_format();

}  // namespace stoker
