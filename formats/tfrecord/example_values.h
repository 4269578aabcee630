// Features of an Example in memory as values of fields.
//
// Thread-safety: free functions; a sample belongs to one thread. Ownership: values point into the
// record, or into the sample's buffers. Errors: Corrupt and Unsupported, without a path.
#pragma once

#include "formats/tfrecord/example_features.h"
#include "formats/tfrecord/example_fields.h"
#include "libdata/sample/sample.h"

namespace stoker {

// Appends the value of the next field; labels come from the listing and are not made here.
void add_example_value(const ExampleField& field, const Features& features, ByteSpan record,
                       Sample& sample);

}  // namespace stoker
