use super::*;
use crate::numeric::Dual;

const SHAPES: [f64; 4] = [0.02, 0.7, 6.0, 300.0];
const LEAVING: [[f64; 2]; 4] = [[0.3, 2.0], [1.0, 1.0], [30.0, 0.2], [0.01, 400.0]];
const SILENCE: f64 = 0.4;

fn future<S: Scalar>(clock: [S; 2], leaving: [S; 2], k: f64) -> Erlang<S> {
    let common = Erlang::new(clock, leaving, k).common;
    Erlang::after(common, S::from(SILENCE))
}

fn futures() -> impl Iterator<Item = (String, Erlang<f64>)> {
    let all = [1.0, 2.0, 3.0, 5.0, 12.0].into_iter().flat_map(|k| {
        let shapes = SHAPES.into_iter();
        shapes.flat_map(move |s| LEAVING.into_iter().map(move |leaving| (k, s, leaving)))
    });
    all.map(|(k, s, leaving)| {
        let name = format!("k = {k}, s = {s}, a, b = {leaving:?}");
        (name, future([s, 1.0], leaving, k))
    })
}

#[track_caller]
fn assert_close(ours: f64, other: f64, relative: f64, what: &str) {
    let error = (ours - other).abs() / ours.abs().max(other.abs()).max(1e-250);
    assert!(
        error <= relative,
        "{ours:e} and {other:e} differ by {error:e}: {what}"
    );
}

/// However many strokes: both ways are exact, so that it does not matter where one takes over from the other.
#[test]
fn sections_are_the_strokes_one_by_one() {
    for (name, future) in futures() {
        let [a, b] = future.common.leaving;
        for tau in [0.05, 1.0, 30.0, 700.0] {
            // every stroke adds a rounding to the masses
            let rounding = 1e-12 + 1e-15 * future.most_strokes(tau);
            if rounding > 1e-11 {
                continue;
            }
            let what = format!("{name}, tau = {tau}");
            let direct = future.one_by_one(
                tau,
                |m| beta_geometric_sum(a, b, 0.0, m),
                |sum, m| sum + future.passed(m),
            );
            let sections = future.section_by_section(tau, |p, [lost, _]| lost / p);
            // of few strokes hardly anybody leaves, and both sums are of numbers next to one
            let error = (sections - direct).abs();
            assert!(
                error <= rounding * direct + 1e-15,
                "{sections:e} {direct:e} {what}"
            );
            let next = |passed: f64, m: f64| passed * ((b + m) / (a + b + m));
            let direct = future.one_by_one(tau, |m| future.passed(m), next);
            let sections = future.section_by_section(tau, |_, [_, left]| left);
            let error = (sections - direct).abs();
            assert!(
                error <= rounding * direct + 1e-15,
                "{sections:e} {direct:e} {what}"
            );
        }
    }
}

/// An integral over time and one over rates.
#[test]
fn a_perpetuity_is_a_very_long_horizon() {
    for (name, future) in futures() {
        for rate in [1e-4, 0.05, 3.0] {
            let long = future.discounted_until(0.0, FORGOTTEN / rate, rate);
            let ours = future.perpetuity(0.0, rate);
            assert_close(ours, long, 1e-12, &format!("{name}, rate = {rate}"));
        }
    }
}

#[test]
fn derivatives_are_those_of_the_values() {
    let ask = |theta: [f64; 4], k: f64, which: usize| {
        let [s, alpha, a, b] = Dual::<4>::variables(theta);
        let future = future([s, alpha], [a, b], k);
        let tau = future.tau(1.0, 900.0);
        match which {
            0 => future.section_by_section(tau, |p, [lost, _]| lost / p),
            1 => future.section_by_section(tau, |_, [_, left]| left),
            2 => future.perpetuity(1.0, 0.01),
            _ => future.discounted_until(1.0, 30.0, 0.01),
        }
    };
    for k in [1.0, 2.0, 5.0] {
        for theta in [[0.7, 2.0, 0.8, 2.4], [12.0, 30.0, 0.05, 0.4]] {
            for which in 0..4 {
                let exact = ask(theta, k, which);
                for i in 0..4 {
                    let at = |factor: f64| {
                        let mut there = theta;
                        there[i] *= factor;
                        ask(there, k, which).value
                    };
                    let slope = (at(1.0 + 1e-5) - at(1.0 - 1e-5)) / (2e-5 * theta[i]);
                    let allowed = 1e-7 * (slope.abs() + exact.value / theta[i]);
                    assert!(
                        (slope - exact.gradient[i]).abs() < allowed,
                        "{which} {i} {theta:?} k = {k}: {slope} {}",
                        exact.gradient[i]
                    );
                }
            }
        }
    }
}
