//! An order log as it comes in: columns of equal length, one entry a row.

use std::cmp::Ordering;

use super::check::{Rule, same_length};
use super::rules::{Merge, RefundRule, Rules};
use crate::{Error, Result};

/// A column under the name that the user knows it by.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a, T> {
    /// The name.
    pub name: &'a str,
    /// One entry a row.
    pub values: &'a [T],
}

impl<T> Column<'_, T> {
    fn nameless() -> Self {
        Self {
            name: "",
            values: &[],
        }
    }
}

/// The columns of an order log. Ids are codes: numbers from 0 in the order of the ids, -1 where there is none.
#[derive(Debug, Clone)]
pub struct OrderLog<'a> {
    /// Who bought, as a code below `customers`.
    pub customer: Column<'a, i64>,
    /// How many customers there are codes for.
    pub customers: usize,
    /// When, as an instant by the wall clock.
    pub time: Column<'a, i64>,
    /// Where there is no time.
    pub time_missing: Option<&'a [bool]>,
    /// For how much.
    pub amount: Option<Column<'a, f64>>,
    /// In which order.
    pub order: Option<Column<'a, i64>>,
    /// Which product.
    pub product: Option<Column<'a, i64>>,
    /// Whatever else is known of the customer.
    pub attributes: Vec<Column<'a, i64>>,
}

impl OrderLog<'_> {
    /// The columns of a log of which rows are known by time and amount alone.
    pub(crate) fn of_events(has_amounts: bool) -> Self {
        Self {
            customer: Column::nameless(),
            customers: 0,
            time: Column::nameless(),
            time_missing: None,
            amount: has_amounts.then(Column::nameless),
            order: None,
            product: None,
            attributes: Vec::new(),
        }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.customer.values.len()
    }

    /// The customer of a row that has one.
    pub(crate) fn customer_of(&self, row: usize) -> Option<usize> {
        usize::try_from(self.customer.values[row]).ok()
    }

    /// Whether a row has a time.
    pub(crate) fn has_time(&self, row: usize) -> bool {
        self.time_missing.is_none_or(|missing| !missing[row])
    }

    /// The amount of a row; 0 in a log without amounts.
    pub(crate) fn amount_of(&self, row: usize) -> f64 {
        self.amount.map_or(0.0, |amount| amount.values[row])
    }

    /// The columns that hold codes and are not needed to group by customer, day and amount.
    fn other_codes(&self) -> impl Iterator<Item = &Column<'_, i64>> {
        self.order
            .iter()
            .chain(self.product.iter())
            .chain(self.attributes.iter())
    }

    /// An order of rows with equal customer, time and amount that does not depend on where they stand in the log.
    pub(crate) fn compare_codes(&self, row: usize, other: usize) -> Ordering {
        self.other_codes()
            .map(|column| column.values[row].cmp(&column.values[other]))
            .find(|ordering| ordering.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// The names of all columns read.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names = vec![self.customer.name, self.time.name];
        names.extend(self.amount.map(|column| column.name));
        names.extend(self.other_codes().map(|column| column.name));
        names
    }

    /// Passes if the columns can be grouped by the rules.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows, [`Error::Length`], [`Error::Parameter`] if orders are to be merged and there is no
    /// such column, [`Error::Data`] for customer codes out of range and, in rows with a customer and a time, for amounts
    /// that are no numbers (or negative where that is an error) and for orders that are missing but needed.
    pub(crate) fn check(&self, rules: Rules) -> Result<()> {
        self.check_lengths()?;
        self.check_customers()?;
        if let Some(amount) = self.amount {
            self.check_amounts(amount, rules.refunds)?;
        }
        if rules.merge == Merge::Order {
            self.check_orders()?;
        }
        if self.rows() > 0 {
            return Ok(());
        }
        Err(Error::Empty {
            what: "the log has no rows".to_owned(),
            hint: String::new(),
        })
    }

    fn check_lengths(&self) -> Result<()> {
        let (reference, rows) = (self.customer.name, self.rows());
        same_length(self.time.name, self.time.values.len(), reference, rows)?;
        if let Some(missing) = self.time_missing {
            same_length(self.time.name, missing.len(), reference, rows)?;
        }
        if let Some(amount) = self.amount {
            same_length(amount.name, amount.values.len(), reference, rows)?;
        }
        for column in self.other_codes() {
            same_length(column.name, column.values.len(), reference, rows)?;
        }
        Ok(())
    }

    fn check_customers(&self) -> Result<()> {
        let known = Rule {
            column: self.customer.name,
            expected: "hold a code below the number of customers",
            hint: "",
        };
        known.check(
            self.rows(),
            |row| {
                self.customer_of(row)
                    .is_some_and(|code| code >= self.customers)
            },
            |row| self.customer.values[row].to_string(),
        )
    }

    fn check_amounts(&self, amount: Column<'_, f64>, refunds: RefundRule) -> Result<()> {
        let values = amount.values;
        let finite = Rule {
            column: amount.name,
            expected: "be a finite number",
            hint: "fill in or leave out the rows whose amount is not known",
        };
        finite.check(
            self.rows(),
            |row| !values[row].is_finite() && self.is_usable(row),
            |row| format!("{:?}", values[row]),
        )?;
        if refunds != RefundRule::Raise {
            return Ok(());
        }
        let positive = Rule {
            column: amount.name,
            expected: r#"be at least 0 where refunds="raise""#,
            hint: r#"refunds="net" lets a negative amount reduce the purchase that it follows"#,
        };
        positive.check(
            self.rows(),
            |row| values[row] < 0.0 && self.is_usable(row),
            |row| format!("{:?}", values[row]),
        )
    }

    fn check_orders(&self) -> Result<()> {
        let Some(order) = self.order else {
            return Err(Error::Parameter {
                name: "merge".to_owned(),
                expected: "be a period or None for a log without an order column".to_owned(),
                found: r#""order""#.to_owned(),
                hint: r#"name the column that holds the order ids: order="...""#.to_owned(),
            });
        };
        let known = Rule {
            column: order.name,
            expected: r#"name the order of every row where merge="order""#,
            hint: r#"merge="day" takes the purchases of a day as one and needs no order ids"#,
        };
        known.check(
            self.rows(),
            |row| order.values[row] < 0 && self.is_usable(row),
            |_| "none".to_owned(),
        )
    }

    fn is_usable(&self, row: usize) -> bool {
        self.customer_of(row).is_some() && self.has_time(row)
    }
}
