"""The command line: files in, files out, and what it says when something is wrong."""

from __future__ import annotations

import csv
import gzip
import io
import signal
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np
import pytest
import tenure as tn
from tenure.cli import main
from tenure.cli.columns import ColumnChoiceError, Wishes, choose
from tenure.cli.tables import Csv, open_table
from tenure.exceptions import DataError

READERS = ["pyarrow", "polars", "pandas", "csv"]


def orders(rows=600):
    rng = np.random.default_rng(0)
    rates = rng.gamma(0.8, 1.0, 90)
    ids = rng.choice(90, rows, p=rates / rates.sum())
    return {
        "customer_id": [f"{i:03}" for i in ids],
        "date": [
            str(np.datetime64("2023-01-01") + day) for day in rng.integers(0, 500, rows)
        ],
        "amount": rng.gamma(5.0, 8.0, rows).round(2).tolist(),
    }


def csv_of(columns, delimiter=",", end="\n"):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=READERS)
def reader(request, monkeypatch):
    """Only one package to read files with; for "csv" the standard library alone."""
    wanted = request.param
    if wanted != "csv":
        pytest.importorskip(wanted)

    def only(name):
        return find_spec(name) if name == wanted else None

    monkeypatch.setattr("tenure.cli.tables.find_spec", only)
    return wanted


def customers(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class TestReport:
    def test_everything_said(self, folder, capsys):
        columns = dict(zip("abc", orders().values(), strict=True))
        (folder / "orders.csv").write_text(csv_of(columns))
        code = main(
            [
                *("report", "orders.csv", "--customer", "a", "--time", "b"),
                *("--amount", "c", "--out", "x.html", "--csv", "x.csv"),
                *("--calibration-end", "2023-12-31", "--horizon", "6 months"),
                *("--discount-rate", "0.2", "--margin", "0.3", "--unit", "day"),
                *("--as-of", "2024-06-30", "--merge", "week", "--refunds", "drop"),
                *("--currency", "EUR", "--title", "Ours", "--interval", "0.8"),
            ]
        )
        said = capsys.readouterr()
        assert code == 0
        assert said.out == "wrote x.html\nwrote x.csv\n"
        assert "column" not in said.err
        page = (folder / "x.html").read_text("utf-8")
        for words in (
            "<title>Ours</title>",
            "6 months",
            "EUR",
            "2024-06-30",
            "same week",
        ):
            assert words in page, words
        log = tn.Transactions(orders(), amount="amount", merge="week", refunds="drop")
        summary = log.summary("day", as_of="2024-06-30")
        rows = customers(folder / "x.csv")
        assert [row["customer_id"] for row in rows] == summary.customer_id.tolist()
        assert [float(row["T"]) for row in rows] == summary.T.tolist()

    def test_finds_columns_and_says_which(self, folder, capsys):
        (folder / "orders.csv").write_text(csv_of(orders()))
        assert main(["report", "orders.csv"]) == 0
        said = capsys.readouterr()
        assert said.out == "wrote customers.html\n"
        assert said.err.startswith(
            "customer: column 'customer_id'\ntime: column 'date'\n"
            "amount: column 'amount'\nTransactions: "
        )
        assert "600 rows read, 600 used" in said.err

    def test_quiet(self, folder, capsys):
        (folder / "orders.csv").write_text(csv_of(orders()))
        assert main(["report", "orders.csv", "--quiet"]) == 0
        assert capsys.readouterr() == ("", "")
        assert (folder / "customers.html").exists()

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_every_reader_reads_the_same(self, folder, reader, delimiter, end, capsys):
        del reader
        text = csv_of(orders(), delimiter, end)
        (folder / "orders.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
        options = ["report", "orders.csv", "--csv", "x.csv"]
        assert main(options) == 0, capsys.readouterr().err
        summary = tn.Transactions(orders(), amount="amount").summary("week")
        rows = customers(folder / "x.csv")
        assert [row["customer_id"] for row in rows] == summary.customer_id.tolist()
        assert rows[0]["customer_id"] == "000"  # not 0
        spend = [float(row["monetary_value"]) for row in rows]
        np.testing.assert_allclose(spend, summary["monetary_value"], rtol=1e-9)

    def test_columns_with_strange_contents(self, folder, reader):
        """Missing ids and times are counted; words such as "null" are ids."""
        del reader
        columns = orders(9)
        names = ["NA", "null", "nan", "", "x,y", 'q"q', "a\nb", "ä", " s"]
        columns["customer_id"] = names
        columns["date"][4] = ""
        (folder / "orders.csv").write_text(csv_of(columns), encoding="utf-8")
        table = open_table("orders.csv", encoding="utf-8", delimiter=None)
        frame = table.read(["customer_id", "date"], ["amount"])
        log = tn.Transactions(frame, amount="amount")
        assert log.receipt.dropped["missing_customer"] == 1
        assert log.receipt.dropped["missing_time"] == 1
        assert log.customers.tolist() == [" s", "NA", "a\nb", "nan", "null", 'q"q', "ä"]

    def test_gzip(self, folder):
        (folder / "orders.csv.gz").write_bytes(gzip.compress(csv_of(orders()).encode()))
        assert main(["report", "orders.csv.gz", "--quiet"]) == 0

    def test_encoding(self, folder, capsys):
        columns = orders()
        columns["customer_id"] = ["é" + name for name in columns["customer_id"]]
        (folder / "orders.csv").write_text(csv_of(columns), encoding="latin-1")
        assert main(["report", "orders.csv"]) == 1
        assert capsys.readouterr().err == (
            "tenure: orders.csv: byte 24 is not utf-8\n\n"
            "Hint: say how it is written, such as --encoding latin-1\n"
        )
        options = ["--encoding", "latin-1", "--csv", "x.csv", "--quiet"]
        assert main(["report", "orders.csv", *options]) == 0
        assert customers(folder / "x.csv")[0]["customer_id"] == "é000"
        assert main(["report", "orders.csv", "--encoding", "klingon"]) == 1
        assert capsys.readouterr().err == (
            "tenure: `--encoding` must be an encoding that Python knows, got "
            "'klingon'\n"
        )

    @pytest.mark.parametrize("package", ["pyarrow", "polars"])
    def test_parquet(self, folder, package, monkeypatch):
        pl = pytest.importorskip("polars")
        pytest.importorskip(package)
        frame = pl.DataFrame(orders()).with_columns(pl.col("date").str.to_date())
        frame.write_parquet(folder / "orders.parquet")
        monkeypatch.setattr(
            "tenure.cli.tables.find_spec",
            lambda name: find_spec(name) if name == package else None,
        )
        assert main(["report", "orders.parquet", "--csv", "x.csv", "--quiet"]) == 0
        summary = tn.Transactions(orders(), amount="amount").summary("week")
        rows = customers(folder / "x.csv")
        assert [int(row["frequency"]) for row in rows] == summary.frequency.tolist()

    def test_parquet_without_a_reader(self, folder, monkeypatch, capsys):
        (folder / "orders.parquet").write_bytes(b"PAR1....PAR1")
        monkeypatch.setattr("tenure.cli.tables.find_spec", lambda _: None)
        assert main(["report", "orders.parquet"]) == 1
        assert capsys.readouterr().err == (
            "tenure: reading Parquet needs pyarrow or polars; "
            "install with pip install 'tenure[parquet]'\n"
        )

    def test_price_times_quantity(self, folder, reader, capsys):
        del reader
        columns = orders()
        quantity = [1 + row % 4 for row in range(600)]
        rows = zip(columns["amount"], quantity, strict=True)
        columns["UnitPrice"] = [round(amount / pieces, 4) for amount, pieces in rows]
        columns["Quantity"] = quantity
        amount = np.array(columns.pop("amount"))
        (folder / "orders.csv").write_text(csv_of(columns))
        assert main(["report", "orders.csv", "--csv", "x.csv"]) == 0
        said = capsys.readouterr().err
        assert "price: column 'UnitPrice'\nquantity: column 'Quantity'\n" in said
        summary = tn.Transactions(
            {**orders(), "amount": amount}, amount="amount"
        ).summary("week")
        spend = [float(row["monetary_value"]) for row in customers(folder / "x.csv")]
        # prices were rounded to four decimals
        np.testing.assert_allclose(spend, summary["monetary_value"], atol=4e-4)

    def test_without_amounts(self, folder, capsys):
        columns = orders()
        del columns["amount"]
        (folder / "orders.csv").write_text(csv_of(columns))
        assert main(["report", "orders.csv"]) == 0
        assert "no column of amounts found: money is left out; see --amount" in (
            capsys.readouterr().err
        )
        (folder / "orders.csv").write_text(csv_of(orders()))
        assert main(["report", "orders.csv", "--no-amount"]) == 0
        assert "amount" not in capsys.readouterr().err
        assert "has no amounts" in (folder / "customers.html").read_text("utf-8")

    def test_orders_of_several_lines(self, folder, capsys):
        columns = orders()
        columns["order"] = [f"o{row // 2}" for row in range(600)]
        columns["customer_id"] = [
            columns["customer_id"][row // 2 * 2] for row in range(600)
        ]
        (folder / "orders.csv").write_text(csv_of(columns))
        options = ["--merge", "order", "--order", "order"]
        assert main(["report", "orders.csv", *options]) == 0
        assert "Transactions: 300 purchases" in capsys.readouterr().err

    def test_time_format(self, folder):
        columns = orders()
        columns["date"] = ["/".join(day.split("-")[::-1]) for day in columns["date"]]
        (folder / "orders.csv").write_text(csv_of(columns))
        options = ["--time-format", "%d/%m/%Y", "--quiet", "--csv", "x.csv"]
        assert main(["report", "orders.csv", *options]) == 0
        first = min(row["first_purchase"] for row in customers(folder / "x.csv"))
        assert first == min(orders()["date"])

    def test_horizon_as_a_number(self, folder):
        (folder / "orders.csv").write_text(csv_of(orders()))
        assert main(["report", "orders.csv", "--horizon", "13", "--quiet"]) == 0
        assert "next 13 weeks" in (folder / "customers.html").read_text("utf-8")


class TestErrors:
    def fails(self, arguments, capsys):
        code = main(["report", *arguments])
        said = capsys.readouterr()
        assert said.out == ""
        assert "Traceback" not in said.err
        return code, said.err

    def test_no_such_file(self, folder, capsys):
        del folder
        assert self.fails(["no.csv"], capsys) == (
            1,
            "tenure: no.csv: No such file or directory\n",
        )

    def test_no_such_folder(self, folder, capsys):
        (folder / "orders.csv").write_text(csv_of(orders()))
        code, said = self.fails(["orders.csv", "--out", "no/a.html"], capsys)
        assert code == 1
        assert "No such file or directory" in said
        assert [path.name for path in folder.iterdir()] == ["orders.csv"]

    @pytest.mark.parametrize("text", ["", "\n", "\ufeff \n"])
    def test_empty_file(self, folder, capsys, text):
        (folder / "orders.csv").write_text(text, encoding="utf-8")
        assert self.fails(["orders.csv"], capsys) == (
            1,
            "tenure: orders.csv is empty\n",
        )

    def test_header_alone(self, folder, capsys, reader):
        del reader
        (folder / "orders.csv").write_text("customer_id,date\n")
        code, said = self.fails(["orders.csv"], capsys)
        assert code == 1
        assert "no rows" in said or "empty" in said or "no purchase" in said

    @pytest.mark.parametrize(
        ("header", "options", "message"),
        [
            (
                "who,date",
                [],
                (
                    "tenure: no column is named as if it said who bought; name it with "
                    "--customer\n\nColumns: 'who', 'date'\n"
                ),
            ),
            (
                "customer_id,when",
                [],
                (
                    "tenure: no column is named as if it said when; name it with "
                    "--time\n\nColumns: 'customer_id', 'when'\n"
                ),
            ),
            (
                "client_id,user_id,date",
                [],
                (
                    "tenure: which column is meant, 'client_id' or 'user_id'? Name it "
                    "with --customer\n\nColumns: 'client_id', 'user_id', 'date'\n"
                ),
            ),
            (
                "customer_id,order_date,invoice_date",
                [],
                (
                    "tenure: which column is meant, 'order_date' or 'invoice_date'? "
                    "Name it with --time\n\nColumns: 'customer_id', 'order_date', "
                    "'invoice_date'\n"
                ),
            ),
            (
                "customer_id,date,amount,revenue",
                [],
                (
                    "tenure: which column is meant, 'amount' or 'revenue'? Name it "
                    "with --amount\n\nColumns: 'customer_id', 'date', 'amount', "
                    "'revenue'\n"
                ),
            ),
            (
                "customer_id,date",
                ["--customer", "custmer_id"],
                (
                    "tenure: --customer: no column 'custmer_id'; did you mean "
                    "'customer_id'?\n\nColumns: 'customer_id', 'date'\n"
                ),
            ),
            (
                "customer_id,date",
                ["--amount", "zzz"],
                "tenure: --amount: no column 'zzz'\n\nColumns: 'customer_id', 'date'\n",
            ),
            (
                "customer_id,date",
                ["--order", "ORDER"],
                (
                    "tenure: --order: no column 'ORDER'\n\nColumns: 'customer_id', "
                    "'date'\n"
                ),
            ),
        ],
    )
    def test_columns(self, folder, capsys, header, options, message):
        (folder / "orders.csv").write_text(f"{header}\n{header}\n")
        assert self.fails(["orders.csv", *options], capsys) == (2, message)

    def test_numbers_that_are_none(self, folder, capsys, reader):
        """Whatever reads the file, the same row is named."""
        del reader
        columns = orders()
        columns["amount"][7] = "1,234.50"
        columns["amount"][9] = "1_000"
        (folder / "orders.csv").write_text(csv_of(columns))
        assert self.fails(["orders.csv"], capsys) == (
            1,
            (
                "tenure: column `amount` must hold numbers; row 7 has '1,234.50' (2 "
                "rows in all)\n\nHint: write them as 1234.5: no currency, no thousands "
                "separator, a point\n"
            ),
        )

    def test_ragged_rows(self, folder, capsys, reader):
        del reader
        text = csv_of(orders()) + "001,2023-05-05,3,4\n"
        (folder / "orders.csv").write_text(text)
        assert self.fails(["orders.csv"], capsys) == (
            1,
            (
                "tenure: column `amount` must be followed by the other columns, 3 in "
                "each row; row 600 has 4 fields\n"
            ),
        )

    def test_short_rows(self, folder, capsys, reader):
        del reader
        text = csv_of(orders()) + "001,2023-05-05\n"
        (folder / "orders.csv").write_text(text)
        code, said = self.fails(["orders.csv"], capsys)
        assert code == 1
        assert "row 600 has 2 fields" in said

    def test_data_that_cannot_be(self, folder, capsys):
        columns = orders()
        columns["date"][3] = "yesterday"
        (folder / "orders.csv").write_text(csv_of(columns))
        code, said = self.fails(["orders.csv"], capsys)
        assert code == 1
        assert "column `date` must" in said
        assert "row 3 has 'yesterday'" in said

    def test_settings(self, folder, capsys):
        (folder / "orders.csv").write_text(csv_of(orders()))
        code, said = self.fails(["orders.csv", "--horizon", "soon"], capsys)
        assert code == 1
        assert said.endswith(
            "tenure: `horizon` must be a number with a unit of time, such as "
            "'12 months', got 'soon'\n"
        )
        assert [path.name for path in folder.iterdir()] == ["orders.csv"]

    @pytest.mark.parametrize(
        "arguments", [[], ["report"], ["report", "x", "--unit", "fortnight"], ["sing"]]
    )
    def test_usage(self, arguments, capsys):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
        assert "usage: tenure" in capsys.readouterr().err

    def test_interrupted(self, folder, capsys, monkeypatch):
        (folder / "orders.csv").write_text(csv_of(orders()))

        def stop(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr("tenure.reporting.analyse", stop)
        assert main(["report", "orders.csv"]) == 130
        assert capsys.readouterr().err.endswith(
            "tenure: stopped; nothing was written\n"
        )
        assert [path.name for path in folder.iterdir()] == ["orders.csv"]

    def test_without_matplotlib(self, folder, capsys, monkeypatch):
        (folder / "orders.csv").write_text(csv_of(orders()))
        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
        assert main(["report", "orders.csv"]) == 1
        assert capsys.readouterr().err.endswith(
            "tenure: plotting needs matplotlib; "
            "install with pip install 'tenure[plot]'\n"
        )


class TestColumns:
    @pytest.mark.parametrize(
        ("columns", "customer", "time", "amount"),
        [
            ("master_id,customer_id,date,cds,amount", "customer_id", "date", "amount"),
            ("Customer ID,Order Date,Sales", "Customer ID", "Order Date", "Sales"),
            ("CustomerID,InvoiceDate,total", "CustomerID", "InvoiceDate", "total"),
            ("user_id,timestamp,revenue", "user_id", "timestamp", "revenue"),
            ("client,day,order_total,price", "client", "day", "order_total"),
            ("id,email,created_at,value", "email", "created_at", "value"),
            (
                "customer_id,customer,order_date,date,amount,total",
                "customer_id",
                "order_date",
                "amount",
            ),
        ],
    )
    def test_usual_names(self, columns, customer, time, amount):
        chosen = choose(columns.split(","), Wishes())
        assert (chosen.customer, chosen.time, chosen.amount) == (customer, time, amount)
        assert chosen.found == (
            ("customer", customer),
            ("time", time),
            ("amount", amount),
        )

    def test_price_alone(self):
        chosen = choose(["customer", "date", "price"], Wishes())
        assert (chosen.amount, chosen.price, chosen.quantity) == (None, "price", None)
        assert chosen.numbers == ["price"]

    def test_named_ones_are_not_looked_for(self):
        wishes = Wishes(customer="b", time="a", amount="c")
        chosen = choose(["a", "b", "c", "customer_id"], wishes)
        assert (chosen.customer, chosen.time, chosen.amount) == ("b", "a", "c")
        assert chosen.found == ()

    def test_named_factors_come_before_an_amount(self):
        wishes = Wishes(price="p", quantity="q")
        chosen = choose(["customer", "date", "amount", "p", "q"], wishes)
        assert (chosen.amount, chosen.price, chosen.quantity) == (None, "p", "q")

    def test_many_columns(self):
        names = [f"x{place}" for place in range(40)]
        with pytest.raises(ColumnChoiceError) as caught:
            choose(names, Wishes())
        assert str(caught.value).endswith("'x29' and 10 more")
        assert caught.value.option == "customer"
        assert caught.value.columns == tuple(names)

    def test_the_same_name_twice(self):
        """Only the standard library is asked then: the others rename columns."""
        table = Csv("customer,date,date\n1,2024-01-01,2024-02-02\n", ",")
        with pytest.raises(ColumnChoiceError):
            choose(table.names, Wishes())

    def test_an_amount_that_is_missing(self):
        table = Csv("customer,date,amount\n1,2024-01-01,\n", ",")
        frame = table.read(["customer", "date"], ["amount"])
        with pytest.raises(DataError) as caught:
            tn.Transactions(frame, customer="customer", amount="amount")
        assert "column `amount`" in str(caught.value)


class TestProcess:
    def run(self, *arguments, **options):
        return subprocess.run(  # noqa: S603
            [sys.executable, "-m", "tenure", *arguments],
            capture_output=True,
            text=True,
            check=False,
            **options,
        )

    def test_version(self):
        ran = self.run("--version")
        assert (ran.returncode, ran.stdout) == (0, f"tenure {tn.__version__}\n")

    def test_standard_input(self, folder):
        ran = self.run(
            "report", "-", "--csv", "x.csv", input=csv_of(orders()), cwd=folder
        )
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout == "wrote customers.html\nwrote x.csv\n"
        assert len(customers(folder / "x.csv")) == len(set(orders()["customer_id"]))

    def test_empty_standard_input(self, folder):
        ran = self.run("report", "-", input="", cwd=folder)
        assert (ran.returncode, ran.stderr) == (1, "tenure: standard input is empty\n")

    def test_with_nothing_installed_but_what_is_needed(self, folder):
        """No pandas, polars or pyarrow: the standard library reads the file."""
        (folder / "orders.csv").write_text(csv_of(orders()))
        code = """
import sys
import time
for name in ("pandas", "polars", "pyarrow", "scipy"):
    sys.modules[name] = None
from tenure.cli import main
sys.exit(main(["report", "orders.csv", "--csv", "x.csv"]))
"""
        ran = subprocess.run(  # noqa: S603
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
        )
        assert ran.returncode == 0, ran.stderr
        assert len(customers(folder / "x.csv")) == len(set(orders()["customer_id"]))

    def test_ctrl_c(self, folder):
        """A real signal while the work is under way."""
        (folder / "orders.csv").write_text(csv_of(orders()))
        code = """
import sys, time
import tenure.reporting
tenure.reporting.analyse = lambda *_: time.sleep(60)
from tenure.cli import main
sys.exit(main(["report", "orders.csv"]))
"""
        with subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, cwd=folder
        ) as process:
            said = [process.stderr.readline() for _ in range(3)]
            assert said[0] == "customer: column 'customer_id'\n"
            time.sleep(0.5)  # from the choice of columns to the work itself
            process.send_signal(signal.SIGINT)
            rest = process.stderr.read()
        assert rest == "tenure: stopped; nothing was written\n"
        assert process.returncode == 130
        assert [path.name for path in folder.iterdir()] == ["orders.csv"]
