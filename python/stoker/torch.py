"""Packed data sets for torch.utils.data. Imports torch; nothing else of stoker does.

Dataset.loader(..., torch=True) is the fast way: threads of C++ make whole batches, so that no worker
processes are needed. What is here is for code that is built around DataLoader.
"""
import numpy as np
import torch

from ._dataset import open as open_dataset


class Dataset(torch.utils.data.Dataset):
    """A packed data set of images, one (image, label) a sample, decoded in whatever worker asks.

    Pickles by path, and is opened anew in each process: it goes through forked, spawned and
    forkserver workers, and weighs a few hundred bytes in them.

    Args:
        path, split, check_hashes: as stoker.open has them.
        transform: takes the image, uint8 NumPy [height, width, 3]; default: a tensor of it,
            [3, height, width]. For transforms of Pillow images: Image.fromarray first.
        target_transform: takes the label, an int.
    """

    def __init__(self, path, split=None, *, transform=None, target_transform=None,
                 channels="rgb", image_field="image", label_field="label", check_hashes=None):
        self.data = open_dataset(path, split, check_hashes=check_hashes)
        self.transform = transform
        self.target_transform = target_transform
        self.channels = channels
        self.image_field = image_field
        self.label_field = label_field

    @property
    def classes(self):
        """Names in the order that labels count."""
        return self.data.class_names

    @property
    def targets(self):
        """All labels, without reading an image."""
        return self.data.column(self.label_field).tolist()

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        image = self.data.image(index, self.image_field, self.channels)
        label = int(self.data.value(index, self.label_field))
        if self.transform is None:
            image = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
        else:
            image = self.transform(image)
        return image, self.target_transform(label) if self.target_transform else label
