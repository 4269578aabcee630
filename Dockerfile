# stoker's programs on a slim Debian 12:
#   docker build --tag stoker .                                the packers and checkers
#   docker build --tag stoker-train --build-arg TRAINER=ON .   also train and predict, with LibTorch (CPU)
#   docker run --rm -v /data:/data stoker pack-imagenet --input ILSVRC2012_img_train.tar --output packed
FROM debian:12 AS build
ARG TRAINER=OFF
WORKDIR /stoker
COPY . .
RUN tests/install_packages.sh build
RUN cmake --preset release -DSTOKER_BUILD_TESTS=OFF -DSTOKER_BUILD_TRAINER=$TRAINER
RUN cmake --build --preset release
RUN cd build/release && cpack -G DEB -B /packages && rm -f /packages/stoker-dev_*.deb

FROM debian:12-slim
COPY --from=build /packages /packages
RUN apt-get update && apt-get install -y /packages/*.deb && rm -rf /packages /var/lib/apt/lists/*
WORKDIR /data
CMD ["pack-imagenet", "--help"]
