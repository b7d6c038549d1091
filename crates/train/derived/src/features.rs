//! A network on photographs of the runs, wherever they still are.

use foliar_files::read;
use foliar_nn::{Graph, StateDict};
use foliar_vision::{Digest, Limits, Preprocessing, Resizer, Rgb, Workspace, photo_of_bytes};
use rayon::prelude::*;

use crate::error::DerivedError;
use crate::member::Member;
use crate::network::{BATCH, Network, Outputs};

/// Told (photographs done, in all).
pub(crate) type Progress<'a> = dyn FnMut(usize, usize) + 'a;

/// The photograph with this digest, from the first run whose folder still has it, its shorter side reduced; `None` if none has.
fn picture(members: &[Member], digest: &Digest, side: u32) -> Option<Rgb> {
    let limits = Limits::default();
    members.iter().filter_map(|member| member.place_of(digest)).find_map(|path| {
        let bytes = read(&path).ok().filter(|bytes| Digest::of(bytes) == *digest)?;
        Some(photo_of_bytes(Some(&path), &bytes, side, &limits, &mut Resizer::default()).ok()?.picture)
    })
}

/// Prepared photographs, with the places of those that could be read among `photographs`.
fn prepared(
    members: &[Member],
    preprocessing: &Preprocessing,
    photographs: &[Digest],
) -> (Vec<usize>, Vec<f32>) {
    let pictures: Vec<Option<Rgb>> =
        photographs.par_iter().map(|digest| picture(members, digest, preprocessing.store_side)).collect();
    let (mut places, mut images, mut workspace) = (Vec::new(), Vec::new(), Workspace::default());
    for (place, picture) in pictures.iter().enumerate() {
        if let Some(picture) = picture {
            let begin = images.len();
            images.resize(begin + preprocessing.len(), 0.0);
            preprocessing.prepare_into(picture, &mut workspace, &mut images[begin..]);
            places.push(place);
        }
    }
    (places, images)
}

/// Prepared photographs, one after the other, of those that could be read.
pub(crate) fn images(members: &[Member], preprocessing: &Preprocessing, photographs: &[Digest]) -> Vec<f32> {
    prepared(members, preprocessing, photographs).1
}

/// Runs the network `graph` with the tensors `state` on `photographs`; `None` for those that are gone, changed or cannot be read.
pub(crate) fn outputs(
    members: &[Member],
    preprocessing: &Preprocessing,
    graph: &Graph,
    state: &StateDict,
    photographs: &[Digest],
    progress: &mut Progress<'_>,
) -> Result<Vec<Option<Outputs>>, DerivedError> {
    let mut network = Network::new(graph, state, preprocessing.size as usize)?;
    let mut found = Vec::with_capacity(photographs.len());
    for batch in photographs.chunks(BATCH) {
        let (places, images) = prepared(members, preprocessing, batch);
        let mut of_batch = vec![None; batch.len()];
        for (place, outputs) in places.into_iter().zip(network.outputs(&images)?) {
            of_batch[place] = Some(outputs);
        }
        found.extend(of_batch);
        progress(found.len(), photographs.len());
    }
    Ok(found)
}
