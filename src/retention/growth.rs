//! Growth accounting: who came, stayed, came back and left from one period to the next, and with what money.

use super::pairs::{Pair, each_pair};
use super::{Ledger, add_to, at_least_one, over_customers};
use crate::{Error, Result};

/// Movements of customers and of money, one entry a period.
///
/// A customer is active at the end of period `t` if they bought in one of its last `window` periods; the change is that
/// since the end of period `t - step`. So always
/// `active[t] = active[t - step] + new[t] + resurrected[t] - churned[t]`, and the same of money:
/// `revenue[t] = revenue[t - step] + new + resurrected + expansion - contraction - churned`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Movements {
    /// Customers who bought in the window.
    pub active: Vec<i64>,
    /// Customers who bought in the last `step` periods.
    pub buyers: Vec<i64>,
    /// Customers whose first purchase ever lies in the last `step` periods.
    pub new: Vec<i64>,
    /// Customers who are active and were so before.
    pub retained: Vec<i64>,
    /// Customers who are active, were not before, and are not new.
    pub resurrected: Vec<i64>,
    /// Customers who were active before and are not now.
    pub churned: Vec<i64>,
    /// What was paid in the window; this and the following are empty without amounts.
    pub revenue: Vec<f64>,
    /// Of new customers.
    pub new_revenue: Vec<f64>,
    /// By how much retained customers paid more.
    pub expansion: Vec<f64>,
    /// By how much retained customers paid less.
    pub contraction: Vec<f64>,
    /// Of resurrected customers.
    pub resurrected_revenue: Vec<f64>,
    /// What the churned had paid in the window before.
    pub churned_revenue: Vec<f64>,
}

impl Movements {
    /// The movements of all customers of a ledger; see the type for what `window` and `step` mean.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the window is shorter than a step, or the step is 0.
    ///
    /// # Examples
    /// ```
    /// use tenure::retention::{Ledger, growth::Movements};
    ///
    /// // One customer buys in the periods 0, 1 and 3, another one in 1.
    /// let ledger = Ledger::new(&[0, 3, 4], &[0, 1, 3, 1], None, 4)?;
    /// let moved = Movements::of(&ledger, 1, 1)?;
    /// assert_eq!(moved.active, [1, 2, 0, 1]);
    /// assert_eq!(moved.new, [1, 1, 0, 0]);
    /// assert_eq!(moved.churned, [0, 0, 2, 0]);
    /// assert_eq!(moved.resurrected, [0, 0, 0, 1]);
    /// # Ok::<(), tenure::Error>(())
    /// ```
    pub fn of(ledger: &Ledger<'_>, window: usize, step: usize) -> Result<Self> {
        at_least_one("step", step)?;
        if window < step {
            return Err(Error::Parameter {
                name: "window".to_owned(),
                expected: format!("be at least a step of {step} periods"),
                found: window.to_string(),
                hint: String::new(),
            });
        }
        let count = |customers: std::ops::Range<usize>| {
            let mut sums = Self::none(ledger);
            for customer in customers {
                let (periods, amounts) = (ledger.periods_of(customer), ledger.amounts_of(customer));
                each_pair(periods, ledger.length(), window, step, |pair| {
                    sums.count(&pair);
                    if ledger.has_amounts() {
                        sums.sum(&pair, amounts);
                    }
                });
            }
            sums
        };
        Ok(over_customers(ledger, count, Self::joined).unwrap_or_else(|| Self::none(ledger)))
    }

    fn none(ledger: &Ledger<'_>) -> Self {
        let counts = || vec![0; ledger.length()];
        let with_money = usize::from(ledger.has_amounts()) * ledger.length();
        let sums = || vec![0.0; with_money];
        Self {
            active: counts(),
            buyers: counts(),
            new: counts(),
            retained: counts(),
            resurrected: counts(),
            churned: counts(),
            revenue: sums(),
            new_revenue: sums(),
            expansion: sums(),
            contraction: sums(),
            resurrected_revenue: sums(),
            churned_revenue: sums(),
        }
    }

    fn count(&mut self, pair: &Pair) {
        let add =
            |column: &mut Vec<i64>| column[pair.ends.clone()].iter_mut().for_each(|n| *n += 1);
        match kind(pair) {
            Kind::New => add(&mut self.new),
            Kind::Resurrected => add(&mut self.resurrected),
            Kind::Retained => add(&mut self.retained),
            Kind::Churned => add(&mut self.churned),
        }
        if !pair.now.is_empty() {
            add(&mut self.active);
        }
        if pair.now.end > pair.before.end {
            add(&mut self.buyers);
        }
    }

    fn sum(&mut self, pair: &Pair, amounts: &[f64]) {
        let now: f64 = amounts[pair.now.clone()].iter().sum();
        let before: f64 = amounts[pair.before.clone()].iter().sum();
        let add = |column: &mut Vec<f64>, amount: f64| {
            column[pair.ends.clone()]
                .iter_mut()
                .for_each(|sum| *sum += amount);
        };
        match kind(pair) {
            Kind::New => add(&mut self.new_revenue, now),
            Kind::Resurrected => add(&mut self.resurrected_revenue, now),
            Kind::Churned => add(&mut self.churned_revenue, before),
            Kind::Retained if now > before => add(&mut self.expansion, now - before),
            Kind::Retained => add(&mut self.contraction, before - now),
        }
        add(&mut self.revenue, now);
    }

    fn joined(mut self, other: &Self) -> Self {
        add_to(&mut self.active, &other.active);
        add_to(&mut self.buyers, &other.buyers);
        add_to(&mut self.new, &other.new);
        add_to(&mut self.retained, &other.retained);
        add_to(&mut self.resurrected, &other.resurrected);
        add_to(&mut self.churned, &other.churned);
        add_to(&mut self.revenue, &other.revenue);
        add_to(&mut self.new_revenue, &other.new_revenue);
        add_to(&mut self.expansion, &other.expansion);
        add_to(&mut self.contraction, &other.contraction);
        add_to(&mut self.resurrected_revenue, &other.resurrected_revenue);
        add_to(&mut self.churned_revenue, &other.churned_revenue);
        self
    }
}

/// What became of a customer between two windows.
enum Kind {
    New,
    Retained,
    Resurrected,
    Churned,
}

fn kind(pair: &Pair) -> Kind {
    match (pair.before.is_empty(), pair.now.is_empty()) {
        (false, false) => Kind::Retained,
        (false, true) => Kind::Churned,
        // Nothing was bought up to the end of the earlier window.
        (true, _) if pair.before.end == 0 => Kind::New,
        (true, _) => Kind::Resurrected,
    }
}
