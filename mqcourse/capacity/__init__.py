"""The capacity calculator: from a workload to partitions, brokers, disks, network and money.

workload.py, rates.py, prices.py   what a reader states, checked field by field
plan.py                            every formula, once; the page's engine is made from it
figure.py, number_text.py          one result, and how its numbers are written
measured.py                        a rate from a record of `mq measure`
command.py                         `mq capacity`
web/                               the calculator in a page of the book
"""
