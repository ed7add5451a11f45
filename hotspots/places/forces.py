"""Which police force covers a district: the 43 territorial forces of England and Wales.

The police areas are those of the Police Act 1996 (section 1 and schedule 1) and of the two London forces.
The forces are spelled as data.police.uk writes them in its columns ``Reported by`` and ``Falls within``; the
districts as the Office for National Statistics does in its LSOA names (the name without its last word) and
in its lists of local authorities. Districts of the 2011 vintage that were abolished since, and the
authorities that replaced them up to 2024, stand side by side: none of these reorganisations crossed the
boundary of a force.
"""

from __future__ import annotations

# fmt: off
FORCE_DISTRICTS: dict[str, tuple[str, ...]] = {
    "Avon and Somerset Constabulary": (
        "Bath and North East Somerset", "Bristol", "Bristol, City of", "Mendip", "North Somerset",
        "Sedgemoor", "Somerset", "Somerset West and Taunton", "South Gloucestershire", "South Somerset",
        "Taunton Deane", "West Somerset",
    ),
    "Bedfordshire Police": ("Bedford", "Central Bedfordshire", "Luton"),
    "Cambridgeshire Constabulary": (
        "Cambridge", "East Cambridgeshire", "Fenland", "Huntingdonshire", "Peterborough",
        "South Cambridgeshire",
    ),
    "Cheshire Constabulary": ("Cheshire East", "Cheshire West and Chester", "Halton", "Warrington"),
    "City of London Police": ("City of London",),
    "Cleveland Police": ("Hartlepool", "Middlesbrough", "Redcar and Cleveland", "Stockton-on-Tees"),
    "Cumbria Constabulary": (
        "Allerdale", "Barrow-in-Furness", "Carlisle", "Copeland", "Cumberland", "Eden", "South Lakeland",
        "Westmorland and Furness",
    ),
    "Derbyshire Constabulary": (
        "Amber Valley", "Bolsover", "Chesterfield", "Derby", "Derbyshire Dales", "Erewash", "High Peak",
        "North East Derbyshire", "South Derbyshire",
    ),
    "Devon & Cornwall Police": (
        "Cornwall", "East Devon", "Exeter", "Isles of Scilly", "Mid Devon", "North Devon", "Plymouth",
        "South Hams", "Teignbridge", "Torbay", "Torridge", "West Devon",
    ),
    "Dorset Police": (
        "Bournemouth", "Bournemouth, Christchurch and Poole", "Christchurch", "Dorset", "East Dorset",
        "North Dorset", "Poole", "Purbeck", "West Dorset", "Weymouth and Portland",
    ),
    "Durham Constabulary": ("County Durham", "Darlington"),
    "Dyfed-Powys Police": ("Carmarthenshire", "Ceredigion", "Pembrokeshire", "Powys"),
    "Essex Police": (
        "Basildon", "Braintree", "Brentwood", "Castle Point", "Chelmsford", "Colchester", "Epping Forest",
        "Harlow", "Maldon", "Rochford", "Southend-on-Sea", "Tendring", "Thurrock", "Uttlesford",
    ),
    "Gloucestershire Constabulary": (
        "Cheltenham", "Cotswold", "Forest of Dean", "Gloucester", "Stroud", "Tewkesbury",
    ),
    "Greater Manchester Police": (
        "Bolton", "Bury", "Manchester", "Oldham", "Rochdale", "Salford", "Stockport", "Tameside", "Trafford",
        "Wigan",
    ),
    "Gwent Police": ("Blaenau Gwent", "Caerphilly", "Monmouthshire", "Newport", "Torfaen"),
    "Hampshire Constabulary": (
        "Basingstoke and Deane", "East Hampshire", "Eastleigh", "Fareham", "Gosport", "Hart", "Havant",
        "Isle of Wight", "New Forest", "Portsmouth", "Rushmoor", "Southampton", "Test Valley", "Winchester",
    ),
    "Hertfordshire Constabulary": (
        "Broxbourne", "Dacorum", "East Hertfordshire", "Hertsmere", "North Hertfordshire", "St Albans",
        "Stevenage", "Three Rivers", "Watford", "Welwyn Hatfield",
    ),
    "Humberside Police": (
        "East Riding of Yorkshire", "Kingston upon Hull", "Kingston upon Hull, City of",
        "North East Lincolnshire", "North Lincolnshire",
    ),
    "Kent Police": (
        "Ashford", "Canterbury", "Dartford", "Dover", "Folkestone and Hythe", "Gravesham", "Maidstone",
        "Medway", "Sevenoaks", "Shepway", "Swale", "Thanet", "Tonbridge and Malling", "Tunbridge Wells",
    ),
    "Lancashire Constabulary": (
        "Blackburn with Darwen", "Blackpool", "Burnley", "Chorley", "Fylde", "Hyndburn", "Lancaster",
        "Pendle", "Preston", "Ribble Valley", "Rossendale", "South Ribble", "West Lancashire", "Wyre",
    ),
    "Leicestershire Police": (
        "Blaby", "Charnwood", "Harborough", "Hinckley and Bosworth", "Leicester", "Melton",
        "North West Leicestershire", "Oadby and Wigston", "Rutland",
    ),
    "Lincolnshire Police": (
        "Boston", "East Lindsey", "Lincoln", "North Kesteven", "South Holland", "South Kesteven",
        "West Lindsey",
    ),
    "Merseyside Police": ("Knowsley", "Liverpool", "Sefton", "St. Helens", "Wirral"),
    "Metropolitan Police Service": (
        "Barking and Dagenham", "Barnet", "Bexley", "Brent", "Bromley", "Camden", "Croydon", "Ealing",
        "Enfield", "Greenwich", "Hackney", "Hammersmith and Fulham", "Haringey", "Harrow", "Havering",
        "Hillingdon", "Hounslow", "Islington", "Kensington and Chelsea", "Kingston upon Thames", "Lambeth",
        "Lewisham", "Merton", "Newham", "Redbridge", "Richmond upon Thames", "Southwark", "Sutton",
        "Tower Hamlets", "Waltham Forest", "Wandsworth", "Westminster",
    ),
    "Norfolk Constabulary": (
        "Breckland", "Broadland", "Great Yarmouth", "King's Lynn and West Norfolk", "North Norfolk",
        "Norwich", "South Norfolk",
    ),
    "North Wales Police": ("Conwy", "Denbighshire", "Flintshire", "Gwynedd", "Isle of Anglesey", "Wrexham"),
    "North Yorkshire Police": (
        "Craven", "Hambleton", "Harrogate", "North Yorkshire", "Richmondshire", "Ryedale", "Scarborough",
        "Selby", "York",
    ),
    "Northamptonshire Police": (
        "Corby", "Daventry", "East Northamptonshire", "Kettering", "North Northamptonshire", "Northampton",
        "South Northamptonshire", "Wellingborough", "West Northamptonshire",
    ),
    "Northumbria Police": (
        "Gateshead", "Newcastle upon Tyne", "North Tyneside", "Northumberland", "South Tyneside",
        "Sunderland",
    ),
    "Nottinghamshire Police": (
        "Ashfield", "Bassetlaw", "Broxtowe", "Gedling", "Mansfield", "Newark and Sherwood", "Nottingham",
        "Rushcliffe",
    ),
    "South Wales Police": (
        "Bridgend", "Cardiff", "Merthyr Tydfil", "Neath Port Talbot", "Rhondda Cynon Taf", "Swansea",
        "The Vale of Glamorgan", "Vale of Glamorgan",
    ),
    "South Yorkshire Police": ("Barnsley", "Doncaster", "Rotherham", "Sheffield"),
    "Staffordshire Police": (
        "Cannock Chase", "East Staffordshire", "Lichfield", "Newcastle-under-Lyme", "South Staffordshire",
        "Stafford", "Staffordshire Moorlands", "Stoke-on-Trent", "Tamworth",
    ),
    "Suffolk Constabulary": (
        "Babergh", "East Suffolk", "Forest Heath", "Ipswich", "Mid Suffolk", "St Edmundsbury",
        "Suffolk Coastal", "Waveney", "West Suffolk",
    ),
    "Surrey Police": (
        "Elmbridge", "Epsom and Ewell", "Guildford", "Mole Valley", "Reigate and Banstead", "Runnymede",
        "Spelthorne", "Surrey Heath", "Tandridge", "Waverley", "Woking",
    ),
    "Sussex Police": (
        "Adur", "Arun", "Brighton and Hove", "Chichester", "Crawley", "Eastbourne", "Hastings", "Horsham",
        "Lewes", "Mid Sussex", "Rother", "Wealden", "Worthing",
    ),
    "Thames Valley Police": (
        "Aylesbury Vale", "Bracknell Forest", "Buckinghamshire", "Cherwell", "Chiltern", "Milton Keynes",
        "Oxford", "Reading", "Slough", "South Bucks", "South Oxfordshire", "Vale of White Horse",
        "West Berkshire", "West Oxfordshire", "Windsor and Maidenhead", "Wokingham", "Wycombe",
    ),
    "Warwickshire Police": (
        "North Warwickshire", "Nuneaton and Bedworth", "Rugby", "Stratford-on-Avon", "Warwick",
    ),
    "West Mercia Police": (
        "Bromsgrove", "Herefordshire", "Herefordshire, County of", "Malvern Hills", "Redditch", "Shropshire",
        "Telford and Wrekin", "Worcester", "Wychavon", "Wyre Forest",
    ),
    "West Midlands Police": (
        "Birmingham", "Coventry", "Dudley", "Sandwell", "Solihull", "Walsall", "Wolverhampton",
    ),
    "West Yorkshire Police": ("Bradford", "Calderdale", "Kirklees", "Leeds", "Wakefield"),
    "Wiltshire Police": ("Swindon", "Wiltshire"),
}
# fmt: on


def _folded(name: str) -> str:
    """Return a name as it is compared: lower case, ``and`` for ``&``, no full stops, hyphens as blanks."""
    plain = name.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return " ".join(plain.replace("&", " and ").replace("-", " ").replace(".", " ").split())


_FORCE_OF = {_folded(district): force for force, names in FORCE_DISTRICTS.items() for district in names}


def force_of(borough: str) -> str | None:
    """Return the police force of a district.

    Parameters
    ----------
    borough
        Name of a district, borough or unitary authority of England or Wales. Upper and lower case, surplus
        blanks, hyphens, ``&`` for ``and``, and ``St.`` for ``St`` do not matter.

    Returns
    -------
    str or None
        The force as data.police.uk spells it; none where the name is not known.
    """
    return _FORCE_OF.get(_folded(borough))
