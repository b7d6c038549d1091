//! The pictures, one a file: values in, [`Picture`](crate::Picture) out.

pub(crate) mod bars;
pub(crate) mod confusion;
pub(crate) mod curves;
pub(crate) mod intervals;
mod labels;
pub(crate) mod panel;
pub(crate) mod rate_curve;
pub(crate) mod reliability;
pub(crate) mod risk_coverage;
mod row_plot;
pub(crate) mod values;
