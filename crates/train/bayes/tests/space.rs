//! The map between parameter values and the unit cube.

#![allow(clippy::unwrap_used)]

use foliar_bayes::{BayesError, Direction, Domain, Parameter, Params, Scale, Space, Study, TrialId, Value};
use proptest::prelude::*;

fn space(parameter: Parameter) -> Space {
    Space::new(vec![parameter]).unwrap()
}

fn one(name: &str, value: Value) -> Params {
    [(name, value)].into_iter().collect()
}

fn float_parameter() -> impl Strategy<Value = Parameter> {
    let linear = (-1e6..1e6_f64, 1e-3..1e6_f64).prop_map(|(low, width)| (low, low + width, Scale::Linear));
    let log = (-12.0..3.0_f64, 0.1..6.0_f64)
        .prop_map(|(low, decades)| (10_f64.powf(low), 10_f64.powf(low + decades), Scale::Log));
    let momentum =
        (0.0..0.8_f64, 0.01..0.199_f64).prop_map(|(low, width)| (low, low + width, Scale::Momentum));
    prop_oneof![linear, log, momentum].prop_map(|(low, high, scale)| Parameter::float("p", low, high, scale))
}

proptest! {
    #[test]
    fn floats_round_trip_within_bounds(parameter in float_parameter(), unit in 0.0..=1.0_f64) {
        let Domain::Float { low, high, .. } = parameter.domain else { unreachable!() };
        let space = space(parameter);
        let params = space.decode(&[unit]);
        let value = params.number("p").unwrap();
        prop_assert!((low..=high).contains(&value));
        prop_assert!((space.encode(&params).unwrap()[0] - unit).abs() < 1e-7);
        let again = space.decode(&space.encode(&params).unwrap()).number("p").unwrap();
        prop_assert!((again - value).abs() <= 1e-12 * (value.abs() + high - low));
    }

    #[test]
    fn integers_round_trip_exactly(low in 1_i64..2000, width in 1_i64..5000, place in 0.0..1.0_f64, log in any::<bool>()) {
        let (high, scale) = (low + width, if log { Scale::Log } else { Scale::Linear });
        let space = space(Parameter::integer("p", low, high, scale));
        let value = low + (place * (width + 1) as f64) as i64;
        let params = one("p", Value::Integer(value));
        let unit = space.encode(&params).unwrap();
        prop_assert_eq!(space.decode(&unit), params);
    }

    #[test]
    fn choices_round_trip_exactly(count in 2_usize..30, place in 0.0..1.0_f64) {
        let space = space(Parameter::choice("p", (0..count).map(|option| format!("option {option}"))));
        let params = space.decode(&[place]);
        prop_assert_eq!(params.choice("p").unwrap(), format!("option {}", (place * count as f64) as usize));
        prop_assert_eq!(space.decode(&space.encode(&params).unwrap()), params);
    }
}

#[test]
fn momentum_is_uniform_in_the_logarithm_of_the_rest() {
    let space = space(Parameter::float("momentum", 0.0, 0.99, Scale::Momentum));
    let middle = space.decode(&[0.5]).number("momentum").unwrap();
    assert!((middle - 0.9).abs() < 1e-12, "{middle}");
}

#[test]
fn every_integer_covers_an_equal_part_of_a_linear_range() {
    let space = space(Parameter::integer("n", 1, 4, Scale::Linear));
    let counts = (0..400).fold([0; 5], |mut counts, place| {
        counts[space.decode(&[(f64::from(place) + 0.5) / 400.0]).integer("n").unwrap() as usize] += 1;
        counts
    });
    assert_eq!(counts, [0, 100, 100, 100, 100]);
}

#[test]
fn domains_that_cannot_be_searched_are_refused() {
    let refused = [
        Parameter::float("p", 1.0, 1.0, Scale::Linear),
        Parameter::float("p", 0.0, f64::INFINITY, Scale::Linear),
        Parameter::float("p", f64::NAN, 1.0, Scale::Linear),
        Parameter::float("p", f64::MIN, f64::MAX, Scale::Linear),
        Parameter::float("p", 0.0, 1.0, Scale::Log),
        Parameter::float("p", 0.0, 1.0, Scale::Momentum),
        Parameter::integer("p", 0, 4, Scale::Log),
        Parameter::integer("p", 4, 4, Scale::Linear),
        Parameter::integer("p", i64::MIN, i64::MAX, Scale::Linear),
        Parameter::integer("p", 0, 4, Scale::Momentum),
        Parameter::choice("p", ["only"]),
        Parameter::choice("p", ["same", "other", "same"]),
    ];
    for parameter in refused {
        let refusal = Space::new(vec![parameter.clone()]);
        assert!(matches!(refusal, Err(BayesError::Domain { .. })), "{parameter:?}");
    }
    assert_eq!(Space::new(Vec::new()), Err(BayesError::EmptySpace));
    let twice = vec![Parameter::choice("p", ["a", "b"]), Parameter::float("p", 0.0, 1.0, Scale::Linear)];
    assert_eq!(Space::new(twice), Err(BayesError::RepeatedParameter { name: "p".into() }));
}

#[test]
fn parameters_of_another_space_are_refused() {
    let space = Space::new(vec![
        Parameter::float("rate", 0.1, 1.0, Scale::Log),
        Parameter::integer("size", 1, 8, Scale::Linear),
        Parameter::choice("kind", ["a", "b"]),
    ])
    .unwrap();
    let good = || {
        vec![("rate", Value::Float(0.5)), ("size", Value::Integer(3)), ("kind", Value::Choice("b".into()))]
    };
    assert!(space.encode(&good().into_iter().collect()).is_ok());
    let wrong = [
        ("rate", Value::Float(2.0)),
        ("rate", Value::Float(f64::NAN)),
        ("rate", Value::Choice("a".into())),
        ("size", Value::Integer(9)),
        ("size", Value::Float(3.0)),
        ("kind", Value::Choice("c".into())),
        ("kind", Value::Integer(0)),
        ("extra", Value::Integer(0)),
    ];
    for (name, value) in wrong {
        let params: Params = good().into_iter().chain([(name, value.clone())]).collect();
        let error = space.encode(&params).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    let missing: Params = good().into_iter().skip(1).collect();
    assert!(space.encode(&missing).unwrap_err().to_string().contains("rate"));
}

#[test]
fn a_space_and_its_records_survive_json() {
    let space = Space::new(vec![
        Parameter::float("rate", 1e-5, 1.0, Scale::Log),
        Parameter::integer("size", 8, 64, Scale::Log),
        Parameter::choice("kind", ["adam", "sgd"]),
    ])
    .unwrap();
    let text = serde_json::to_string(&space).unwrap();
    assert_eq!(serde_json::from_str::<Space>(&text).unwrap(), space);
    let refused = text.replace("1e-5", "-1.0").replace("0.00001", "-1.0");
    assert!(serde_json::from_str::<Space>(&refused).unwrap_err().to_string().contains("above 0"));

    let mut study = Study::new(space, Direction::Minimise, 1);
    study.ask();
    let record = &study.records()[0];
    let text = serde_json::to_string(record).unwrap();
    assert_eq!(&serde_json::from_str::<foliar_bayes::Record>(&text).unwrap(), record);
    assert_eq!(record.id, TrialId(0));
}
