"""Published figures, through the public functions: papers, R and Python packages."""

from __future__ import annotations

import numpy as np
import pytest
import tenure as tn


def met(block, ours, published, name=None):
    """Hold numbers to the tolerances that their block states."""

    def tolerance(key):
        stated = block.get(key, 0.0)
        return stated.get(name, 0.0) if isinstance(stated, dict) else stated

    np.testing.assert_allclose(
        np.asarray(ours, dtype=float),
        np.asarray(published, dtype=float),
        rtol=tolerance("rtol"),
        atol=tolerance("atol"),
        err_msg=f"{block.get('source')} {name or ''}",
    )


def buying_with(parameters, **options):
    names = ("r", "alpha", "a", "b")
    return tn.BGNBD.from_params(**dict(zip(names, parameters, strict=True)), **options)


def spend_with(parameters):
    names = ("p", "q", "gamma")
    return tn.GammaGamma.from_params(**dict(zip(names, parameters, strict=True)))


class Data:
    """The data that a block names."""

    def __init__(self, request):
        self._request = request

    def of(self, block, unit="week"):
        if block["data"] == "cdnow_summary":
            return self._request.getfixturevalue("rounded")
        log = self._request.getfixturevalue("log")
        return log.summary(unit=block.get("unit", unit), as_of=block["as_of"])

    def histories(self, block):
        """x, t_x and T of the rows, or of the customers whom they name."""
        columns = dict(zip(block["columns"], np.transpose(block["rows"]), strict=True))
        if "x" in columns:
            return {
                "frequency": columns["x"],
                "recency": columns["t_x"],
                "T": columns["T"],
            }
        data = self.of(block)
        where = np.searchsorted(data["customer_id"], columns["customer_id"])
        np.testing.assert_array_equal(
            data["customer_id"][where], columns["customer_id"]
        )
        return {name: data[name][where] for name in ("frequency", "recency", "T")}


@pytest.fixture
def data(request):
    return Data(request)


def last(block):
    return [row[-1] for row in block["rows"]]


class TestBGNBD:
    @pytest.fixture
    def published(self, golden):
        return golden("bg_nbd")

    def test_fits(self, published, data):
        assert len(published["fits"]) == 3
        for block in published["fits"]:
            model = tn.BGNBD().fit(data.of(block))
            assert model.converged_
            assert model.n_customers_ == block["customers"]
            ours = list(model.params_.values())
            met(block, ours, block["parameters"], "parameters")
            met(block, model.log_likelihood_, block["log_likelihood"], "log_likelihood")
            met(block, model.covariance_, block["covariance"], "covariance")
            self.check_published(block, model, ours)

    @staticmethod
    def check_published(block, model, ours):
        if "published" in block:
            paper = block["published"]
            met(paper, ours, paper["parameters"], "parameters")
            met(paper, model.log_likelihood_, paper["log_likelihood"], "log_likelihood")
        if "quickstart" in block:
            peer = block["quickstart"]
            errors = list(model.standard_errors_.values())
            met(peer, errors, peer["standard_errors"])
            intervals = list(model.confidence_intervals(0.95).values())
            met(peer, intervals, peer["interval_95"])

    def test_total_log_likelihood(self, published, data):
        for block in published["total_log_likelihood"]:
            model = buying_with(block["parameters"])
            met(block, model.log_likelihood(data.of(block)).sum(), block["value"])

    def test_log_likelihood(self, published, data):
        for block in published["log_likelihood"]:
            model = buying_with(block["parameters"])
            met(block, model.log_likelihood(data.histories(block)), last(block))

    def test_probability_alive(self, published, data):
        for block in (
            published["probability_alive"] + published["probability_alive_later"]
        ):
            model = buying_with(block["parameters"])
            ours = model.probability_alive(
                data.histories(block), ahead=block.get("horizon", 0.0)
            )
            met(block, ours, last(block))

    def test_expected_purchases(self, published, data):
        for block in published["expected_purchases"]:
            model = buying_with(block["parameters"])
            horizon = block["horizon"]
            ours = model.expected_purchases(data.histories(block), horizon=horizon)
            met(block, ours, last(block))

    def test_the_best_customers(self, published, data):
        """The ranking of the Quickstart: nobody else is expected to buy more."""
        (block,) = (b for b in published["expected_purchases"] if "data" in b)
        model, customers = buying_with(block["parameters"]), data.of(block)
        everybody = model.expected_purchases(customers, horizon=block["horizon"])
        best = np.argsort(-everybody)[: len(block["rows"])]
        named = [row[0] for row in block["rows"]]
        assert customers["customer_id"][best].tolist() == named

    def test_new_customers(self, published):
        for block in published["expected_purchases_new"]:
            model = buying_with(block["parameters"])
            times = [row[0] for row in block["rows"]]
            met(block, model.expected_purchases_new(times), last(block))

    def test_probabilities_of_new_customers(self, published):
        for block in published["pmf_new"]:
            model = buying_with(block["parameters"])
            for t, k, value in block["rows"]:
                ours = model.purchase_probabilities_new(t, most=int(k))
                met(block, ours[-1], value)

    def test_probabilities_of_known_customers(self, published, data):
        for block in published["pmf_conditional"]:
            model, customers = buying_with(block["parameters"]), data.histories(block)
            horizon = block["horizon"]
            ours = model.purchase_probabilities(customers, horizon=horizon, most=4)
            table = np.column_stack(list(ours.values()))
            met(block, table, [row[3:] for row in block["rows"]])
            long = model.purchase_probabilities(customers, horizon=horizon, most=4000)
            means = sum(int(k) * p for k, p in long.items())
            met({"atol": block["means_atol"]}, means, block["means"])

    def test_no_purchase(self, published, data):
        for block in published["no_purchase"]:
            model = buying_with(block["parameters"])
            ours = model.probability_no_purchase(
                data.histories(block), horizon=[row[3] for row in block["rows"]]
            )
            met(block, ours, last(block))

    def test_discounted_purchases(self, published, data):
        for block in published["discounted"]:
            model = buying_with(block["parameters"])
            ours = model.discounted_purchases(
                data.histories(block), discount_rate=np.expm1(block["delta"]), per=1.0
            )
            met(block, ours, last(block))
            # the same said as it is meant: ten per cent a year of 52 weeks
            ours = model.discounted_purchases(
                data.histories(block), discount_rate=0.10, per=52.0
            )
            met(block, ours, last(block))

    def test_totals(self, published, data):
        for block in published["totals"]:
            model, customers = buying_with(block["parameters"]), data.of(block)
            alive = model.probability_alive(customers)
            ours = {
                "purchases_seen": customers["frequency"].sum(),
                "sum_expected_purchases": model.expected_purchases(
                    customers, horizon=block["horizon"]
                ).sum(),
                "sum_expected_purchases_new_at_T": model.expected_purchases_new(
                    customers["T"]
                ).sum(),
                "mean_probability_alive": alive.mean(),
                "sum_probability_alive": alive.sum(),
            }
            stated = [name for name in ours if name in block]
            assert len(stated) >= 2
            for name in stated:
                met(block, ours[name], block[name], name)

    def test_tracking(self, published, log):
        (block,) = published["tracking"]
        model = buying_with(block["parameters"])
        ends = {39: "1997-09-30", 78: "1998-06-30"}
        for week, actual, expected in block["rows"]:
            summary = log.summary(unit="week", as_of=ends[week])
            assert summary.frequency.sum() == actual
            met(block, model.expected_purchases_new(summary.T).sum(), expected)

    def test_daily_tracking(self, published, log):
        block = published["daily_tracking"]
        model = tn.BGNBD().fit(log.summary(unit="day", as_of="1997-09-30"))
        for day, actual, expected in block["rows"]:
            summary = log.summary(unit="day", as_of=f"1997-01-{day}")
            assert summary.frequency.sum() == actual
            met(block, model.expected_purchases_new(summary.T + 1).sum(), expected)

    def test_table_of_25_customers(self, published, rounded):
        block = published["table_25"]
        columns = dict(zip(block["columns"], np.transpose(block["rows"]), strict=True))
        where = np.searchsorted(rounded["customer_id"], columns["customer_id"])
        customers = {name: values[where] for name, values in rounded.items()}
        for ours, theirs in (("frequency", "x"), ("recency", "t_x"), ("T", "T")):
            np.testing.assert_array_equal(customers[ours], columns[theirs])
        model = buying_with(block["parameters"])
        alive = model.probability_alive(customers)
        met(block, alive, columns["probability_alive"], "probability_alive")
        for horizon in (1, 3, 6):
            name = f"expected_purchases_{horizon}"
            met(
                block,
                model.expected_purchases(customers, horizon=horizon),
                columns[name],
            )

    def test_histogram(self, published, data):
        block = published["histogram"]
        model, customers = buying_with(block["parameters"]), data.of(block)
        frequency = customers["frequency"]
        expected = np.zeros(7)
        for age, customers_of_age in zip(
            *np.unique(customers["T"], return_counts=True), strict=True
        ):
            expected += customers_of_age * model.purchase_probabilities_new(age, most=6)
        for k, actual, published_count in block["rows"]:
            assert (frequency == k).sum() == actual
            met(block, expected[k], published_count)
        tail = block["tail"]
        assert (frequency >= tail["k_from"]).sum() == tail["actual"]
        met(block, len(frequency) - expected.sum(), tail["expected"])


class TestGammaGamma:
    @pytest.fixture
    def published(self, golden):
        return golden("gamma_gamma")

    def test_fits(self, published, data):
        assert len(published["fits"]) == 2
        for block in published["fits"]:
            model = tn.GammaGamma().fit(data.of(block))
            assert model.converged_
            assert model.n_customers_ == block["customers"]
            ours = list(model.params_.values())
            met(block, ours, block["parameters"], "parameters")
            met(block, model.log_likelihood_, block["log_likelihood"], "log_likelihood")
            met(block, model.covariance_, block["covariance"], "covariance")
            paper = block["published"]
            met(paper, ours, paper["parameters"], "parameters")
            met(paper, model.log_likelihood_, paper["log_likelihood"], "log_likelihood")
            if "standard_errors" in paper:
                errors = list(model.standard_errors_.values())
                met(paper, errors, paper["standard_errors"], "standard_errors")

    def test_the_published_optimum_is_lower(self, published, data):
        """What is not quite an optimum has a lower likelihood than ours."""
        for block in published["fits"]:
            customers = data.of(block)
            ours = tn.GammaGamma().fit(customers).log_likelihood_
            theirs = spend_with(block["published"]["parameters"])
            assert theirs.log_likelihood(customers).sum() < ours

    def test_total_log_likelihood(self, published, data):
        for block in published["total_log_likelihood"]:
            model = spend_with(block["parameters"])
            met(block, model.log_likelihood(data.of(block)).sum(), block["value"])

    def test_expected_spend(self, published, data):
        for block in published["expected_spend"]:
            model = spend_with(block["parameters"])
            columns = dict(
                zip(block["columns"], np.transpose(block["rows"]), strict=True)
            )
            if "x" in columns:
                customers = {
                    "frequency": columns["x"],
                    "monetary_value": columns["zbar"],
                }
            else:
                everybody = data.of(block)
                where = np.searchsorted(
                    everybody["customer_id"], columns["customer_id"]
                )
                customers = {name: v[where] for name, v in everybody.items()}
            met(block, model.expected_spend(customers), columns["value"])

    def test_population_mean(self, published):
        for block in published["population_mean"]:
            met(
                block,
                spend_with(block["parameters"]).expected_spend_new(),
                block["value"],
            )

    def test_totals(self, published, data):
        for block in published["totals"]:
            customers = data.of(block)
            repeaters = customers["frequency"] > 0
            frequency = customers["frequency"][repeaters]
            spend = customers["monetary_value"][repeaters]
            model = spend_with(block["parameters"])
            mean = model.expected_spend(customers).mean()
            met(block, mean, block["mean_expected_spend"])
            met(block, spend.mean(), block["mean_monetary_value_of_repeaters"])
            correlation = np.corrcoef(frequency, spend)[0, 1]
            met(block, correlation, block["correlation_of_frequency_and_spend"])

    def test_money_summary(self, published, data):
        for block in published["money_summary"]:
            summary = data.of(block)
            spend = summary["monetary_value"][summary["frequency"] > 0]
            assert len(spend) == block["count"]
            for name, ours in {
                "mean": spend.mean(),
                "standard_deviation": spend.std(ddof=1),
                "minimum": spend.min(),
                "median": np.median(spend),
                "maximum": spend.max(),
            }.items():
                met(block, ours, block[name])

    def test_lifetime_value(self, published, data):
        block = published["clv"]
        customers = data.of(block)
        buying, spend = buying_with(block["buying"]), spend_with(block["spending"])
        assert len(block["cases"]) == 4
        for case in block["cases"]:
            month = case["units_per_month"]
            terms = {"horizon": block["months"] * month, "per": month}
            value = tn.lifetime_value(
                buying,
                spend,
                customers,
                discount_rate=block["monthly_rate"],
                compounding=month,
                **terms,
            )
            first = case["first_ten"]
            met(block, value["value"][: len(first)], first, "first_ten")
            met(block, value.total, case["total"], "total")
            plain = tn.lifetime_value(
                buying, spend, customers, discount_rate=0.0, **terms
            )
            met(block, plain.total, case["total_undiscounted"], "total_undiscounted")


class TestExact:
    """References in 17 digits: the same files as `golden.rs` reads, from outside."""

    def test_bg_nbd(self, golden):
        table = golden("bg_nbd_exact")
        for row in table["rows"]:
            case = dict(zip(table["columns"], row, strict=True))
            model = buying_with(row[:4])
            customer = {
                "frequency": [case["x"]],
                "recency": [case["t_x"]],
                "T": [case["T"]],
            }
            t, k = case["t"], int(case["k"])
            discount = {"discount_rate": np.expm1(case["delta"]), "per": 1.0}
            ours = {
                "log_likelihood": model.log_likelihood(customer)[0],
                "probability_alive": model.probability_alive(customer)[0],
                "probability_alive_later": model.probability_alive(customer, ahead=t)[
                    0
                ],
                "expected_purchases": model.expected_purchases(customer, horizon=t)[0],
                "pmf": model.purchase_probabilities(customer, horizon=t, most=k)[
                    str(k)
                ][0],
                "discounted": model.discounted_purchases(
                    customer, horizon=t, **discount
                )[0],
                "discounted_forever": model.discounted_purchases(customer, **discount)[
                    0
                ],
                "new_expected_purchases": model.expected_purchases_new(t),
                "new_pmf": model.purchase_probabilities_new(t, most=k)[k],
                "new_discounted_forever": model.discounted_purchases_new(**discount),
            }
            for name, value in ours.items():
                # a log-likelihood passes through 0; a probability may underflow
                atol = 1e-12 if name == "log_likelihood" else 1e-300
                expected = pytest.approx(case[name], rel=1e-12, abs=atol)
                assert value == expected, (name, row[:10])

    def test_gamma_gamma(self, golden):
        table = golden("gamma_gamma_exact")
        levels = (0.025, 0.05, 0.5, 0.95, 0.975)
        for row in table["rows"]:
            case = dict(zip(table["columns"], row, strict=True))
            model = spend_with(row[:3])
            customer = {"frequency": [case["x"]], "monetary_value": [case["zbar"]]}
            likelihood = model.log_likelihood(customer)[0]
            assert likelihood == pytest.approx(
                case["log_likelihood"], rel=1e-12, abs=1e-12
            )
            for level, value in model.spend_quantiles(customer, levels=levels).items():
                assert value[0] == pytest.approx(case[f"quantile_{level}"], rel=1e-12)
            if case["expected_spend"] is not None:
                spend = model.expected_spend(customer)[0]
                assert spend == pytest.approx(case["expected_spend"], rel=1e-12)
