// MNIST and its like (Fashion-MNIST, KMNIST, EMNIST, QMNIST): idx files, plain or .gz, images and
// labels told apart and brought together by their names.
//
//   train-images-idx3-ubyte  train-labels-idx1-ubyte        split train
//   t10k-images-idx3-ubyte.gz  t10k-labels-idx1-ubyte.gz    split test
//   emnist-letters-train-images-idx3-ubyte ...              likewise; sets of several names are
//                                                           refused in one run
// A file that lies there plain and as .gz is read plain. Files whose names say neither images nor
// labels are images, of one axis labels. Not written. Errors: as idx_file.h; InvalidArgument where
// names leave a choice.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& mnist_format();

}  // namespace stoker
