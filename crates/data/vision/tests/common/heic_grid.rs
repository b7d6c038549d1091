//! Puts the picture of a HEIC together from tiles, as phones do: each is the one of the fixture.

use super::fixture;

/// Sides of the fixture's picture.
pub(crate) const TILE: (u32, u32) = (96, 64);

fn part(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], name, content].concat()
}

/// A box of the fixture, whole.
fn taken(name: &[u8; 4]) -> Vec<u8> {
    let file = fixture("quarters.heic");
    let start = file.windows(4).position(|four| four == name).unwrap() - 4;
    let length = u32::from_be_bytes(file[start..start + 4].try_into().unwrap()) as usize;
    file[start..start + length].to_vec()
}

/// A picture of `columns x rows` tiles, cut to `width x height` pixels, turned by as many quarters against the clock.
pub(crate) fn heic_grid(columns: u8, rows: u8, width: u32, height: u32, turns: u8) -> Vec<u8> {
    const FULL: [u8; 4] = [0; 4];
    let tiles = u16::from(columns) * u16::from(rows);
    let grid_item = tiles + 1;
    let two = u16::to_be_bytes;
    let coded = taken(b"mdat")[8..].to_vec();
    // 32-bit sides.
    let grid = [&[0, 1, rows - 1, columns - 1][..], &width.to_be_bytes(), &height.to_be_bytes()].concat();
    let info = |item: u16, kind: &[u8; 4]| {
        part(b"infe", &[&[2, 0, 0, u8::from(kind == b"hvc1")][..], &two(item), &[0, 0], kind, &[0]].concat())
    };
    let mut infos: Vec<u8> = (1..grid_item).flat_map(|item| info(item, b"hvc1")).collect();
    infos.extend(info(grid_item, b"grid"));
    let ispe = part(b"ispe", &[&FULL[..], &width.to_be_bytes(), &height.to_be_bytes()].concat());
    let list = [taken(b"hvcC"), taken(b"colr"), taken(b"ispe"), ispe, part(b"irot", &[turns])].concat();
    let mut owned: Vec<u8> =
        (1..grid_item).flat_map(|item| [&two(item)[..], &[3, 0x81, 2, 3]].concat()).collect();
    owned.extend([&two(grid_item)[..], &[3, 2, 4, 0x85]].concat());
    let ids: Vec<u8> = (1..grid_item).flat_map(two).collect();
    let made_of = part(b"dimg", &[&two(grid_item)[..], &two(tiles), &ids].concat());
    let file = |data: u32| {
        let extents = |item: u16, start: u32, length: usize| {
            [&two(item)[..], &[0, 0, 0, 1], &start.to_be_bytes(), &(length as u32).to_be_bytes()].concat()
        };
        let mut places: Vec<u8> = (1..grid_item).flat_map(|item| extents(item, data, coded.len())).collect();
        places.extend(extents(grid_item, data + coded.len() as u32, grid.len()));
        let meta = [
            FULL.to_vec(),
            taken(b"hdlr"),
            part(b"pitm", &[&FULL[..], &two(grid_item)].concat()),
            part(b"iloc", &[&FULL[..], &[0x44, 0], &two(grid_item), &places].concat()),
            part(b"iinf", &[&FULL[..], &two(grid_item), &infos].concat()),
            part(b"iref", &[&FULL[..], &made_of].concat()),
            part(
                b"iprp",
                &[
                    part(b"ipco", &list),
                    part(b"ipma", &[&FULL[..], &u32::from(grid_item).to_be_bytes(), &owned].concat()),
                ]
                .concat(),
            ),
        ]
        .concat();
        [
            part(b"ftyp", b"heic\0\0\0\0mif1heic"),
            part(b"meta", &meta),
            part(b"mdat", &[&coded[..], &grid].concat()),
        ]
        .concat()
    };
    let before = file(0);
    let data = before.len() - coded.len() - grid.len();
    file(data as u32)
}
