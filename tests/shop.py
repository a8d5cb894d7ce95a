"""A small shop, for the tests of products."""

#  ann: tea and cup, then fine tea; bob: tea, then tea again; cid: a cup, given back in
#  part; dan: tea too late to be watched for a month
SHOP = {
    "customer_id": ["ann", "ann", "ann", "bob", "bob", "cid", "cid", "dan"],
    "date": [
        "2024-01-01",
        "2024-01-01",
        "2024-01-21",
        "2024-01-05",
        "2024-01-31",
        "2024-01-10",
        "2024-01-12",
        "2024-03-01",
    ],
    "product": ["tea", "cup", "fine", "tea", "tea", "cup", "cup", "tea"],
    "kind": ["tea", "ware", "tea", "tea", "tea", "ware", "ware", "tea"],
    "amount": [4.0, 9.0, 12.0, 8.0, 4.0, 18.0, -9.0, 5.0],
    "quantity": [1, 1, 2, 2, 1, 2, -1, 1],
    "area": ["north", "north", "north", "south", "south", "south", "south", None],
}
COLUMNS = {"amount": "amount", "quantity": "quantity", "category": "kind"}

#  a: 1 2 4; b: 1 2 3; c: 3 5
OWNED = {
    "customer_id": [1, 1, 2, 2, 3, 3, 4, 5],
    "date": ["2024-01-01"] * 8,
    "product": ["a", "b", "a", "b", "c", "b", "a", "c"],
}
