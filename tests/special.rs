//! Special functions, incomplete functions and 2F1 against 60-digit references, and identities between them.

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use tenure::numeric::hypergeometric::{gauss_fraction, hyp2f1_negative};
    use tenure::numeric::incomplete::{
        beta_regularised, beta_regularised_complement, gamma_p, gamma_q, gamma_quantile,
    };
    use tenure::numeric::special::*;
    use tenure::numeric::{BetaRule, Dual, Scalar};

    #[derive(Deserialize)]
    struct Golden {
        cases: BTreeMap<String, Vec<Vec<f64>>>,
    }

    #[derive(Debug, Default, Clone, Copy)]
    struct Worst {
        error: f64,
        ulp: f64,
    }

    fn golden() -> Golden {
        serde_json::from_str(include_str!("golden/special.json")).unwrap()
    }

    fn report(name: &str, cases: &[Vec<f64>], arguments: usize, f: impl Fn(&[f64]) -> Vec<f64>) {
        let mut worst: Vec<(f64, f64, Vec<f64>, f64)> = Vec::new();
        for case in cases {
            let got = f(&case[..arguments]);
            for (k, (g, w)) in got.iter().zip(&case[arguments..]).enumerate() {
                let e = (g - w).abs();
                let rel = if g == w { 0.0 } else { e / w.abs() };
                let mixed = e / w.abs().max(1.0);
                let mut c = case[..arguments].to_vec();
                c.push(k as f64);
                c.push(*g);
                c.push(*w);
                worst.push((
                    if rel.is_nan() { f64::INFINITY } else { rel },
                    mixed,
                    c,
                    0.0,
                ));
            }
        }
        worst.sort_by(|a, b| b.0.total_cmp(&a.0));
        println!("{name} n={} relative", worst.len());
        for w in worst.iter().take(4) {
            println!("   {:.2e} {:?}", w.0, w.2);
        }
        worst.sort_by(|a, b| b.1.total_cmp(&a.1));
        println!("{name} mixed {:.2e} {:?}", worst[0].1, worst[0].2);
    }

    #[test]
    fn dump() {
        let g = golden();
        let c = |n: &str| g.cases[n].as_slice();
        report("ln_gamma", c("ln_gamma"), 1, |x| vec![ln_gamma(x[0])]);
        report("digamma", c("digamma"), 1, |x| vec![digamma(x[0])]);
        report("trigamma", c("trigamma"), 1, |x| vec![trigamma(x[0])]);
        report("ln_gamma_ratio", c("ln_gamma_ratio"), 2, |x| {
            vec![ln_gamma_ratio(x[0], x[1])]
        });
        report("ln_beta", c("ln_beta"), 2, |x| vec![ln_beta(x[0], x[1])]);
        report("ln_beta_gradient", c("ln_beta_gradient"), 2, |x| {
            ln_beta_gradient(x[0], x[1]).to_vec()
        });
        report("ln_beta_hessian", c("ln_beta_hessian"), 2, |x| {
            ln_beta_hessian(x[0], x[1]).to_vec()
        });
        report("ln_1m_exp", c("ln_1m_exp"), 1, |x| vec![ln_1m_exp(x[0])]);
        report("ln_1p_minus", c("ln_1p_minus"), 1, |x| {
            vec![ln_1p_minus(x[0])]
        });
        report("exp_m1_minus", c("exp_m1_minus"), 1, |x| {
            vec![exp_m1_minus(x[0])]
        });
        report("beta", c("beta_regularised"), 3, |x| {
            vec![
                beta_regularised(x[0], x[1], x[2]),
                beta_regularised_complement(x[0], x[1], x[2]),
            ]
        });
        report("gamma", c("gamma_regularised"), 2, |x| {
            vec![gamma_p(x[0], x[1]), gamma_q(x[0], x[1])]
        });
        report("gamma_quantile", c("gamma_quantile"), 2, |x| {
            vec![gamma_quantile(x[0], x[1])]
        });
        report("hyp", c("hyp2f1_negative"), 4, |x| {
            vec![hyp2f1_negative(x[0], x[1], x[2], x[3])]
        });
        report("hyp grad", c("hyp2f1_negative_gradient"), 4, |x| {
            let [s, a, b, w] = Dual::<4>::variables([x[0], x[1], x[2], x[3]]);
            hyp2f1_negative(s, a, b, w).gradient.to_vec()
        });
        report("gauss_fraction", c("gauss_fraction"), 3, |x| {
            vec![gauss_fraction(x[0], x[1], x[2])]
        });
    }
}
