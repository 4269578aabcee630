#include "samples/class_drawing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "libdata/core/random.h"

namespace stoker {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

struct Point {
  float x;
  float y;
};
using Color = std::array<float, 3>;

float length(Point p) {
  return std::hypot(p.x, p.y);
}
bool in_box(Point p, float x, float y) {
  return std::abs(p.x) < x && std::abs(p.y) < y;
}

// Whether the outline of a star with `points` points, between two radii, holds p.
bool in_star(Point p, int points, float inner) {
  const float turn =
      std::abs(std::remainder(std::atan2(p.y, p.x), 2 * kPi / static_cast<float>(points)));
  const float share = turn / (kPi / static_cast<float>(points));  // 0 at a point, 1 between two
  return length(p) < 1 - (1 - inner) * share;
}

bool in_triangle(Point p) {
  return p.y < 0.5f && p.y > std::abs(p.x) * 1.732f - 1;
}

struct Shape {
  const char* name;
  bool (*holds)(Point p);  // in the unit circle
};

constexpr std::array<Shape, kDrawnClasses> kShapes{{
    {"disc", [](Point p) { return length(p) < 0.85f; }},
    {"square", [](Point p) { return in_box(p, 0.7f, 0.7f); }},
    {"triangle", [](Point p) { return in_triangle(p); }},
    {"ring", [](Point p) { return length(p) < 0.95f && length(p) > 0.6f; }},
    {"cross", [](Point p) { return in_box(p, 0.95f, 0.25f) || in_box(p, 0.25f, 0.95f); }},
    {"star", [](Point p) { return in_star(p, 5, 0.4f); }},
    {"bars", [](Point p) { return in_box(p, 0.9f, 0.7f) && std::fmod(p.x + 2.7f, 0.6f) < 0.3f; }},
    {"crescent",
     [](Point p) {
       return length(p) < 0.95f && length({p.x - 0.45f, p.y}) > 0.75f;
     }},
    {"checkers",
     [](Point p) {
       return in_box(p, 0.75f, 0.75f) &&
              (std::fmod(p.x + 0.75f, 0.75f) < 0.375f) == (std::fmod(p.y + 0.75f, 0.75f) < 0.375f);
     }},
    {"frame", [](Point p) { return in_box(p, 0.75f, 0.75f) && !in_box(p, 0.45f, 0.45f); }},
    {"dumbbell",
     [](Point p) {
       return in_box(p, 0.6f, 0.12f) || length({std::abs(p.x) - 0.6f, p.y}) < 0.35f;
     }},
    {"spark", [](Point p) { return in_star(p, 4, 0.2f); }},
}};

Color color_of_hue(float turns, float saturation, float value) {
  const auto channel = [&](float offset) {
    const float k = std::fmod(offset + turns * 6 + 12, 6.0f);
    return value * (1 - saturation * std::clamp(std::min(k, 4 - k), 0.0f, 1.0f));
  };
  return {channel(5), channel(3), channel(1)};
}

// Everything of one picture that is drawn by lot.
struct Scene {
  Point center;  // in pixels
  float radius;
  float cosine;
  float sine;
  Color ground_from;
  Color ground_to;
  float ground_angle;
  Color paint;
  float noise;
};

Scene draw_scene(int64_t drawn_class, int64_t height, int64_t width, RandomStream& random) {
  const auto uniform = [&](double low, double high) {
    return static_cast<float>(random.next_uniform(low, high));
  };
  const auto side = static_cast<double>(std::min(height, width));
  Scene scene{};
  scene.radius = uniform(0.24 * side, 0.42 * side);
  const double reach = 0.8 * static_cast<double>(scene.radius);
  scene.center = {uniform(reach, static_cast<double>(width) - reach),
                  uniform(reach, static_cast<double>(height) - reach)};
  const float angle = uniform(-0.6, 0.6);
  scene.cosine = std::cos(angle);
  scene.sine = std::sin(angle);
  scene.ground_from = color_of_hue(uniform(0, 1), uniform(0, 0.5), uniform(0.1, 0.55));
  scene.ground_to = color_of_hue(uniform(0, 1), uniform(0, 0.5), uniform(0.1, 0.55));
  scene.ground_angle = uniform(0, 6.28);
  const auto hue = static_cast<double>(drawn_class) / static_cast<double>(kDrawnClasses);
  scene.paint = color_of_hue(uniform(hue - 0.12, hue + 0.12), uniform(0.35, 0.9), uniform(0.7, 1));
  scene.noise = uniform(4, 20);
  return scene;
}

// How much of a pixel the shape covers, from 2 by 2 places in it.
float coverage(const Shape& shape, const Scene& scene, int64_t y, int64_t x) {
  float covered = 0;
  for (const float sub_y : {0.25f, 0.75f}) {
    for (const float sub_x : {0.25f, 0.75f}) {
      const float dx = (static_cast<float>(x) + sub_x - scene.center.x) / scene.radius;
      const float dy = (static_cast<float>(y) + sub_y - scene.center.y) / scene.radius;
      const Point turned{scene.cosine * dx + scene.sine * dy, scene.cosine * dy - scene.sine * dx};
      covered += shape.holds(turned) ? 0.25f : 0;
    }
  }
  return covered;
}

void add_specks(Image& image, RandomStream& random) {
  const uint64_t count = random.next_below(12);
  for (uint64_t i = 0; i < count; ++i) {
    const auto y = static_cast<int64_t>(random.next_below(static_cast<uint64_t>(image.height - 2)));
    const auto x = static_cast<int64_t>(random.next_below(static_cast<uint64_t>(image.width - 2)));
    const auto level = static_cast<uint8_t>(random.next_below(256));
    for (int64_t row = y; row < y + 2; ++row) {
      const auto at = image.pixels.begin() + (row * image.width + x) * 3;
      std::fill(at, at + 6, level);
    }
  }
}

}  // namespace

std::string drawn_class_name(int64_t drawn_class) {
  return kShapes.at(static_cast<size_t>(drawn_class)).name;
}

Image draw_class(int64_t drawn_class, int64_t height, int64_t width, uint64_t seed,
                 uint64_t number) {
  RandomStream random(seed, static_cast<uint64_t>(drawn_class), number);
  const Shape& shape = kShapes.at(static_cast<size_t>(drawn_class));
  const Scene scene = draw_scene(drawn_class, height, width, random);
  Image image{height, width, 3, Bytes(static_cast<size_t>(height * width * 3))};
  const float reach = static_cast<float>(height + width);
  size_t at = 0;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const float slope = (static_cast<float>(x) * std::cos(scene.ground_angle) +
                           static_cast<float>(y) * std::sin(scene.ground_angle)) /
                              reach +
                          0.5f;
      const float paint = coverage(shape, scene, y, x);
      const float noise = scene.noise * (random.next_float() + random.next_float() - 1);
      for (size_t c = 0; c < 3; ++c) {
        const float ground = std::lerp(scene.ground_from[c], scene.ground_to[c], slope);
        const float level = 255 * std::lerp(ground, scene.paint[c], paint) + noise;
        image.pixels[at++] = static_cast<uint8_t>(std::clamp(std::lround(level), 0l, 255l));
      }
    }
  }
  add_specks(image, random);
  return image;
}

}  // namespace stoker
