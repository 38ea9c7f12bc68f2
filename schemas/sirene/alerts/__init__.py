"""What the law and the Manual say about alerts, as tables, and what follows from them as plain functions.

- `categories.csv`            kinds of alert: article, action, length of life, flag, when deleted
- `person_data.csv`           data of an alert on a person, and which of them are the minimum under which act
- `object_categories.csv`     kinds of object, with which person alerts they may be linked, what identifies them
- `comparison_keys.csv`       what is compared to tell whether two alerts are about the same
- `compatible_persons.csv`, `compatible_objects.csv`   which alerts of different states may stand beside each other
- `priority.csv`              which alert is executed first
- `biometrics.csv`            how many prints, and for which articles
- `misused_identity.csv`      data of the innocent person, each with its own consent
- `hit_report.csv`            what a report of a hit says at least, for each article

`tables` reads them strictly, `minimum`, `lifetime`, `likeness`, `standing_beside` and `changes` judge, `hits` composes
the G form, and `law` is the door that the core knocks at. Every row has its source and how sure it is.
"""
