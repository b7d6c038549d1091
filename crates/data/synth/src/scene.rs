//! All parts of a picture together. For x, y, s and t see [`pose`](crate::pose).

use image::RgbImage;

use crate::camera::Camera;
use crate::colour::Colour;
use crate::ground::Ground;
use crate::leaf::Leaf;
use crate::lesion::Lesion;
use crate::light::Light;
use crate::noise::step;
use crate::pose::Pose;
use crate::random::{Part, Random};

/// Where in a pixel the scene is looked at, as shares of its side: four places, slightly turned, so that lines along
/// the axes are smoothed as well.
const SAMPLES: [[f32; 2]; 4] = [[0.375, 0.125], [0.875, 0.375], [0.125, 0.625], [0.625, 0.875]];

/// The light that falls on each of `size` x `size` pixels of a scene, row by row.
pub(crate) fn exposed(size: u32, scene: impl Fn([f32; 2]) -> Colour) -> Vec<Colour> {
    let mut light = Vec::with_capacity((size * size) as usize);
    let to_picture = 2.0 / size as f32;
    for row in 0..size {
        for column in 0..size {
            let sum = SAMPLES.iter().fold(Colour::BLACK, |sum, [right, below]| {
                let x = (column as f32 + right) * to_picture - 1.0;
                let y = (row as f32 + below) * to_picture - 1.0;
                sum + scene([x, y])
            });
            light.push(sum * (1.0 / SAMPLES.len() as f32));
        }
    }
    light
}

/// The content of one photo.
pub(crate) struct Scene {
    pub leaf: Leaf,
    pub lesion: Lesion,
    pub pose: Pose,
    ground: Ground,
    light: Light,
    camera: Camera,
}

impl Scene {
    /// Photograph `index` of a class. Only the lesion asks which class it is.
    pub(crate) fn new(seed: u64, class: usize, index: u64) -> Self {
        let stream = |part| Random::new(seed, class, index, part);
        let leaf = Leaf::new(&mut stream(Part::Leaf));
        let lesion = Lesion::new(class, &leaf, &mut stream(Part::Lesion));
        let mut random = stream(Part::Surroundings);
        let length = random.between(1.25, 2.4);
        let centre = [0.3 * random.around_zero(), 0.3 * random.around_zero()];
        Self {
            leaf,
            lesion,
            pose: Pose::new(&mut random, centre, length),
            ground: Ground::new(&mut random),
            light: Light::new(&mut random),
            camera: Camera::new(&mut random),
        }
    }

    /// Takes the photo.
    pub(crate) fn photograph(&self, size: u32) -> RgbImage {
        self.camera.develop(&exposed(size, |place| self.at(place)), size)
    }

    fn at(&self, place: [f32; 2]) -> Colour {
        let brightness = self.light.at(place);
        let toward_light = self.pose.direction_to_leaf(self.light.direction);
        let on_leaf = self.leaf.at(self.pose.to_leaf(place), toward_light, |tissue, place| {
            self.lesion.paint(tissue, place, &self.leaf.veins)
        });
        on_leaf.unwrap_or_else(|| self.shaded_ground(place)) * brightness
    }

    /// The ground, dark where the leaf stands between it and the light.
    fn shaded_ground(&self, place: [f32; 2]) -> Colour {
        let Light { direction, height, shadow, .. } = self.light;
        let toward_light = [0, 1].map(|axis| place[axis] + height * direction[axis]);
        let hidden = step(-0.03, 0.02, self.leaf.inside(self.pose.to_leaf(toward_light)));
        self.ground.at(place, direction) * (1.0 - shadow * hidden)
    }
}
