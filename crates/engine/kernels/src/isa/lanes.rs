//! What a [`Vector`] is made of: one float, and the registers of each instruction set.

use super::level::Level;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
use super::vector::Four;
use super::vector::Vector;

impl<L: Level> Vector<L> for f32 {
    const LANES: usize = 1;

    #[inline(always)]
    fn splat(_: L, value: f32) -> Self {
        value
    }

    #[inline(always)]
    fn load(_: L, source: &[f32]) -> Self {
        source[0]
    }

    #[inline(always)]
    fn store(self, destination: &mut [f32]) {
        destination[0] = self;
    }

    #[inline(always)]
    unsafe fn read(_: L, source: *const f32) -> Self {
        // SAFETY: the caller's promise.
        unsafe { source.read() }
    }

    #[inline(always)]
    unsafe fn write(self, destination: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { destination.write(self) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self + other
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self - other
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self * other
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        if L::FUSED { f32::mul_add(self, factor, addend) } else { self * factor + addend }
    }

    #[inline(always)]
    fn take_larger(self, tag: Self, best: Self, best_tag: Self) -> (Self, Self) {
        if self > best || self.is_nan() { (self, tag) } else { (best, best_tag) }
    }

    #[inline(always)]
    fn clamp(self, low: Self, high: Self) -> Self {
        // `f32::clamp` panics where the bounds are not in order; these are.
        let value = if self < low { low } else { self };
        if value > high { high } else { value }
    }

    #[inline(always)]
    fn keep_within(self, value: Self, above: Self, upto: Self) -> Self {
        if (value > above) & (value <= upto) { self } else { 0.0 }
    }
}

/// Implements [`Vector`] by intrinsics that need the instructions of `$level`.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! vector {
    (
        $vector:ty, $lanes:literal, $level:ident: $splat:ident, $load:ident, $store:ident,
        $add:ident, $sub:ident, $mul:ident, $mul_add:ident, $take_larger:ident,
        $clamp:ident, $keep_within:ident
        $(, $read_part:ident, $write_part:ident)?
    ) => {
        impl<L: $level> Vector<L> for $vector {
            const LANES: usize = $lanes;

            #[inline(always)]
            fn splat(_: L, value: f32) -> Self {
                // SAFETY: there is a value of the level, so there are its instructions.
                unsafe { $splat(value) }
            }

            #[inline(always)]
            fn load(_: L, source: &[f32]) -> Self {
                let source = &source[..$lanes];
                // SAFETY: the slice holds all lanes, unaligned loads need no more, and there is a value of
                // the level.
                unsafe { $load(source.as_ptr()) }
            }

            #[inline(always)]
            fn store(self, destination: &mut [f32]) {
                let destination = &mut destination[..$lanes];
                // SAFETY: the slice holds all lanes, unaligned stores need no more, and the vector came from
                // `splat` or `load`, which had a value of the level.
                unsafe { $store(destination.as_mut_ptr(), self) }
            }

            #[inline(always)]
            unsafe fn read(_: L, source: *const f32) -> Self {
                // SAFETY: the caller's promise; unaligned loads need no more, and there is a value of the level.
                unsafe { $load(source) }
            }

            #[inline(always)]
            unsafe fn write(self, destination: *mut f32) {
                // SAFETY: the caller's promise; the vector's origin had a value of the level.
                unsafe { $store(destination, self) }
            }

            $(
                #[inline(always)]
                unsafe fn read_part(_: L, source: *const f32, count: usize) -> Self {
                    // SAFETY: the caller's promise, and there is a value of the level.
                    unsafe { $read_part(source, count) }
                }

                #[inline(always)]
                unsafe fn write_part(self, destination: *mut f32, count: usize) {
                    // SAFETY: the caller's promise; the vector's origin had a value of the level.
                    unsafe { $write_part(destination, self, count) }
                }
            )?

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                // SAFETY: the vector came from `splat` or `load`, which had a value of the level.
                unsafe { $add(self, other) }
            }

            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                // SAFETY: as for `add`.
                unsafe { $sub(self, other) }
            }

            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                // SAFETY: as for `add`.
                unsafe { $mul(self, other) }
            }

            #[inline(always)]
            fn mul_add(self, factor: Self, addend: Self) -> Self {
                // SAFETY: as for `add`.
                unsafe { $mul_add(self, factor, addend) }
            }

            #[inline(always)]
            fn take_larger(self, tag: Self, best: Self, best_tag: Self) -> (Self, Self) {
                // SAFETY: as for `add`.
                unsafe { $take_larger(self, tag, best, best_tag) }
            }

            #[inline(always)]
            fn clamp(self, low: Self, high: Self) -> Self {
                // SAFETY: as for `add`.
                unsafe { $clamp(self, low, high) }
            }

            #[inline(always)]
            fn keep_within(self, value: Self, above: Self, upto: Self) -> Self {
                // SAFETY: as for `add`.
                unsafe { $keep_within(self, value, above, upto) }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use crate::isa::level::{HasAvx2, HasAvx512, Level};
    use crate::isa::vector::Vector;

    /// SSE2 has no fused multiply-add.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn mul_add_128(a: __m128, b: __m128, c: __m128) -> __m128 {
        _mm_add_ps(_mm_mul_ps(a, b), c)
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn take_larger_128(value: __m128, tag: __m128, best: __m128, best_tag: __m128) -> (__m128, __m128) {
        let take = _mm_or_ps(_mm_cmpgt_ps(value, best), _mm_cmpunord_ps(value, value));
        let choose = |new, old| _mm_or_ps(_mm_and_ps(take, new), _mm_andnot_ps(take, old));
        (choose(value, best), choose(tag, best_tag))
    }

    #[inline]
    #[target_feature(enable = "avx")]
    fn take_larger_256(value: __m256, tag: __m256, best: __m256, best_tag: __m256) -> (__m256, __m256) {
        let larger = _mm256_cmp_ps::<_CMP_GT_OQ>(value, best);
        let take = _mm256_or_ps(larger, _mm256_cmp_ps::<_CMP_UNORD_Q>(value, value));
        (_mm256_blendv_ps(best, value, take), _mm256_blendv_ps(best_tag, tag, take))
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn take_larger_512(value: __m512, tag: __m512, best: __m512, best_tag: __m512) -> (__m512, __m512) {
        let larger = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(value, best);
        let take = larger | _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(value, value);
        (_mm512_mask_blend_ps(take, best, value), _mm512_mask_blend_ps(take, best_tag, tag))
    }

    // The second operand of a maximum or minimum is the result where one of them is NaN.

    #[inline]
    #[target_feature(enable = "sse2")]
    fn clamp_128(value: __m128, low: __m128, high: __m128) -> __m128 {
        _mm_min_ps(high, _mm_max_ps(low, value))
    }

    #[inline]
    #[target_feature(enable = "avx")]
    fn clamp_256(value: __m256, low: __m256, high: __m256) -> __m256 {
        _mm256_min_ps(high, _mm256_max_ps(low, value))
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn clamp_512(value: __m512, low: __m512, high: __m512) -> __m512 {
        _mm512_min_ps(high, _mm512_max_ps(low, value))
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn keep_within_128(kept: __m128, value: __m128, above: __m128, upto: __m128) -> __m128 {
        _mm_and_ps(kept, _mm_and_ps(_mm_cmpgt_ps(value, above), _mm_cmple_ps(value, upto)))
    }

    #[inline]
    #[target_feature(enable = "avx")]
    fn keep_within_256(kept: __m256, value: __m256, above: __m256, upto: __m256) -> __m256 {
        let above = _mm256_cmp_ps::<_CMP_GT_OQ>(value, above);
        _mm256_and_ps(kept, _mm256_and_ps(above, _mm256_cmp_ps::<_CMP_LE_OQ>(value, upto)))
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn keep_within_512(kept: __m512, value: __m512, above: __m512, upto: __m512) -> __m512 {
        let above = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(value, above);
        let inside = _mm512_mask_cmp_ps_mask::<_CMP_LE_OQ>(above, value, upto);
        let mut kept = kept;
        // The compiler would make one of this and the load before it: a masked load waits for its mask and for
        // all earlier stores.
        // SAFETY: there are no instructions.
        unsafe {
            std::arch::asm!("/* {0} */", inout(zmm_reg) kept, options(pure, nomem, nostack, preserves_flags))
        };
        _mm512_maskz_mov_ps(inside, kept)
    }

    /// A mask of the first `count` lanes.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn first_lanes(count: usize) -> __mmask16 {
        ((1u32 << count.min(16)) - 1) as __mmask16
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn read_part_512(source: *const f32, count: usize) -> __m512 {
        // SAFETY: the caller's promise; lanes outside the mask are not read.
        unsafe { _mm512_maskz_loadu_ps(first_lanes(count), source) }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn write_part_512(destination: *mut f32, value: __m512, count: usize) {
        // SAFETY: the caller's promise; lanes outside the mask are not written.
        unsafe { _mm512_mask_storeu_ps(destination, first_lanes(count), value) }
    }

    vector!(
        __m128, 4, Level: _mm_set1_ps, _mm_loadu_ps, _mm_storeu_ps,
        _mm_add_ps, _mm_sub_ps, _mm_mul_ps, mul_add_128, take_larger_128,
        clamp_128, keep_within_128
    );
    vector!(
        __m256, 8, HasAvx2: _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps,
        _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps, _mm256_fmadd_ps, take_larger_256,
        clamp_256, keep_within_256
    );
    vector!(
        __m512, 16, HasAvx512: _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps,
        _mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps, _mm512_fmadd_ps, take_larger_512,
        clamp_512, keep_within_512, read_part_512, write_part_512
    );
}

#[cfg(target_arch = "aarch64")]
mod neon {
    use std::arch::aarch64::*;

    use crate::isa::level::Level;
    use crate::isa::vector::Vector;

    /// `vfmaq_f32` with the addend last.
    #[inline]
    #[target_feature(enable = "neon")]
    fn mul_add_128(a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        vfmaq_f32(c, a, b)
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn take_larger_128(
        value: float32x4_t,
        tag: float32x4_t,
        best: float32x4_t,
        best_tag: float32x4_t,
    ) -> (float32x4_t, float32x4_t) {
        let take = vorrq_u32(vcgtq_f32(value, best), vmvnq_u32(vceqq_f32(value, value)));
        (vbslq_f32(take, value, best), vbslq_f32(take, tag, best_tag))
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn clamp_128(value: float32x4_t, low: float32x4_t, high: float32x4_t) -> float32x4_t {
        vminq_f32(high, vmaxq_f32(low, value))
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn keep_within_128(
        kept: float32x4_t,
        value: float32x4_t,
        above: float32x4_t,
        upto: float32x4_t,
    ) -> float32x4_t {
        let inside = vandq_u32(vcgtq_f32(value, above), vcleq_f32(value, upto));
        vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(kept), inside))
    }

    vector!(
        float32x4_t, 4, Level: vdupq_n_f32, vld1q_f32, vst1q_f32,
        vaddq_f32, vsubq_f32, vmulq_f32, mul_add_128, take_larger_128,
        clamp_128, keep_within_128
    );
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
impl<L: Level> Vector<L> for Four {
    const LANES: usize = 4;

    #[inline(always)]
    fn splat(_: L, value: f32) -> Self {
        [value; 4]
    }

    #[inline(always)]
    fn load(_: L, source: &[f32]) -> Self {
        std::array::from_fn(|lane| source[lane])
    }

    #[inline(always)]
    fn store(self, destination: &mut [f32]) {
        destination[..4].copy_from_slice(&self);
    }

    #[inline(always)]
    unsafe fn read(_: L, source: *const f32) -> Self {
        // SAFETY: the caller's promise.
        unsafe { source.cast::<Self>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn write(self, destination: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { destination.cast::<Self>().write_unaligned(self) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] + other[lane])
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] - other[lane])
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] * other[lane])
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        std::array::from_fn(|lane| self[lane] * factor[lane] + addend[lane])
    }

    #[inline(always)]
    fn take_larger(self, tag: Self, best: Self, best_tag: Self) -> (Self, Self) {
        let pairs: [_; 4] = std::array::from_fn(|lane| {
            <f32 as Vector<L>>::take_larger(self[lane], tag[lane], best[lane], best_tag[lane])
        });
        (pairs.map(|pair| pair.0), pairs.map(|pair| pair.1))
    }

    #[inline(always)]
    fn clamp(self, low: Self, high: Self) -> Self {
        std::array::from_fn(|lane| <f32 as Vector<L>>::clamp(self[lane], low[lane], high[lane]))
    }

    #[inline(always)]
    fn keep_within(self, value: Self, above: Self, upto: Self) -> Self {
        std::array::from_fn(|lane| {
            <f32 as Vector<L>>::keep_within(self[lane], value[lane], above[lane], upto[lane])
        })
    }
}
