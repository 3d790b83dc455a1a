"""Names, towns and companies of the seeded records: many cultures, many scripts, nobody real.

A name may be `native:latin`; the latin form makes the email address. Phone patterns: each `#` becomes a digit.
"""

# ruff: noqa: RUF001 - letters of other scripts are the point
from __future__ import annotations

from typing import NamedTuple


class Culture(NamedTuple):
    """Where a seeded person is from."""

    country: str
    language: str
    phone: str
    domain: str
    cities: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str, ...]


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))


CULTURES = (
    Culture(
        "United States",
        "en-us",
        "+1 202-555-01##",
        "com",
        _split("Portland, Austin, Denver, Atlanta, Minneapolis, Sacramento, Pittsburgh, Tucson"),
        _split("Madison, Tyrone, Caitlin, Marcus, Latoya, Ethan, Brooke, Darnell, Hannah, Jamal, Olivia, Wyatt"),
        _split("Walker, Jefferson, O'Connell, Brooks, Hayes, Sullivan, Bennett, Coleman, McAllister, Reyes, Whitfield"),
    ),
    Culture(
        "United Kingdom",
        "en-gb",
        "+44 7700 900###",
        "co.uk",
        _split("Leeds, Bristol, Cardiff, Glasgow, Norwich, Sheffield, Belfast, Plymouth"),
        _split("Imogen, Alistair, Priya, Callum, Gemma, Rhys, Freya, Nigel, Siobhan, Hamish, Eleanor, Kwame"),
        _split(
            "Ashworth, Llewellyn, Campbell-Smith, Fairclough, MacDonald, Pemberton, Okafor, Hargreaves, Doyle, Shah"
        ),
    ),
    Culture(
        "Sri Lanka",
        "si",
        "+94 77 ### ####",
        "lk",
        _split("Colombo, Kandy, Galle, Jaffna, Negombo, Matara, Trincomalee, Kurunegala"),
        _split("Nimal, Dilani, Kasun, Tharushi, Chaminda, Sanduni, Ruwan, Ishara, Kavindu, Malini, Arjuna, Nadeesha"),
        _split("Perera, Fernando, Jayawardena, Wickramasinghe, de Silva, Gunawardena, Rajapaksha, Bandara, Sivakumar"),
    ),
    Culture(
        "India",
        "hi",
        "+91 98### #####",
        "in",
        _split("Pune, Bengaluru, Hyderabad, Kochi, Jaipur, Lucknow, Chennai, Kolkata"),
        _split("Aarav, Ananya, Rohan, Lakshmi, Vikram, Meera, Arjun, Kavya, Farhan, Deepika, Sanjay, Nandini"),
        _split("Iyer, Chatterjee, Deshpande, Reddy, Khan, Patel, Nair, Banerjee, Kulkarni, Singh, Menon, D'Souza"),
    ),
    Culture(
        "Germany",
        "de",
        "+49 1523 #######",
        "de",
        _split("Köln, München, Leipzig, Nürnberg, Hamburg, Düsseldorf, Freiburg, Görlitz"),
        _split("Jürgen, Annika, Björn, Käthe, Moritz, Svenja, Günther, Friederike, Tobias, Mareike, Emre, Leonie"),
        _split("Müller, Schäfer, Großmann, Weiß, Krüger, von der Heide, Yılmaz, Bäcker, Hofmann, Jäger, Köhler"),
    ),
    Culture(
        "France",
        "fr",
        "+33 6 39 98 ## ##",
        "fr",
        _split("Lyon, Besançon, Saint-Étienne, Marseille, Rennes, Nîmes, Orléans, Angoulême"),
        _split("Amélie, François, Zoé, Jean-Luc, Noémie, Théo, Inès, Cédric, Maëlle, Étienne, Fatoumata, Loïc"),
        _split("Lefèvre, Dubois, Beauséjour, Garçon, Moreau, N'Diaye, Château, Rousseau, Bélanger, Le Goff, Gauthier"),
    ),
    Culture(
        "Spain",
        "es",
        "+34 6## ### ###",
        "es",
        _split("Sevilla, Málaga, Bilbao, A Coruña, Valencia, Cádiz, León, Zaragoza"),
        _split("Lucía, Íñigo, Begoña, Álvaro, Nuria, Joaquín, Carmen, Andrés, Marisol, Óscar, Ainhoa, Xavier"),
        _split("García, Núñez, Fernández, Ibáñez, Muñoz, Echeverría, Peña, Domínguez, Ortega, Castaño, Vilanova"),
    ),
    Culture(
        "Brazil",
        "pt-br",
        "+55 11 9####-####",
        "com.br",
        _split("São Paulo, Recife, Brasília, Florianópolis, Goiânia, Belém, Curitiba, Maceió"),
        _split("João, Conceição, Thiago, Letícia, Antônio, Luíza, Davi, Inês, Caetano, Jussara, Moacir, Beatriz"),
        _split("Gonçalves, Araújo, Conceição, Magalhães, Ferrão, Assunção, Brandão, Nascimento, Queirós, Guimarães"),
    ),
    Culture(
        "Poland",
        "pl",
        "+48 5## ### ###",
        "pl",
        _split("Łódź, Kraków, Gdańsk, Wrocław, Poznań, Toruń, Białystok, Częstochowa"),
        _split("Łukasz, Małgorzata, Wojciech, Agnieszka, Przemysław, Żaneta, Stanisław, Jagoda, Błażej, Zofia, Paweł"),
        _split("Wiśniewska, Kowalczyk, Dąbrowski, Łapiński, Źrebiec, Szymańska, Gołąb, Wójcik, Żuraw, Król, Święcki"),
    ),
    Culture(
        "Sweden",
        "sv",
        "+46 70 174 06 ##",
        "se",
        _split("Göteborg, Malmö, Umeå, Linköping, Örebro, Västerås, Luleå, Jönköping"),
        _split("Åsa, Björn, Ingrid, Östen, Märta, Håkan, Elsa, Sören, Linnéa, Åke, Tuva, Göran"),
        _split("Lindström, Åkesson, Öberg, Sjögren, Bergström, Håkansson, Nyström, Ek, Söderberg, Wikström"),
    ),
    Culture(
        "Türkiye",
        "tr",
        "+90 53# ### ## ##",
        "com.tr",
        _split("İzmir, Eskişehir, Diyarbakır, Bursa, Muğla, Çanakkale, Kayseri, Şanlıurfa"),
        _split("Ayşe, Çağatay, Gülşen, Işıl, Mehmet, Özge, Şükrü, Zeynep, Tuğba, Ömer, Elif, Doğan"),
        _split("Yıldız, Öztürk, Çelik, Güneş, Şahin, Kılıç, Demirtaş, Arıkan, Ünal, Çetinkaya, Bozkurt"),
    ),
    Culture(
        "Vietnam",
        "vi",
        "+84 9# ### ## ##",
        "vn",
        _split("Đà Nẵng, Hải Phòng, Huế, Cần Thơ, Hà Nội, Nha Trang, Vinh, Đà Lạt"),
        _split(
            "Thị Hương, Văn Đức, Minh Châu, Quốc Bảo, Ngọc Ánh, Thanh Tùng, Bích Thủy, Hữu Phước, Mai Linh, Gia Hân"
        ),
        _split("Nguyễn, Trần, Lê, Phạm, Huỳnh, Võ, Đặng, Bùi, Đỗ, Hồ, Dương"),
    ),
    Culture(
        "Nigeria",
        "en",
        "+234 803 ### ####",
        "com.ng",
        _split("Lagos, Ibadan, Kano, Enugu, Abuja, Port Harcourt, Abeokuta, Jos"),
        _split("Chidinma, Olúwaṣeun, Ngozi, Emeka, Fọláṣadé, Ibrahim, Amaka, Tunde, Zainab, Obinna, Yetunde, Chukwudi"),
        _split("Adébáyò, Okonkwo, Eze, Balogun, Nwachukwu, Abubakar, Ọlátúnjí, Danjuma, Uzoma, Ogunleye, Bello"),
    ),
    Culture(
        "Kenya",
        "sw",
        "+254 712 ######",
        "co.ke",
        _split("Nairobi, Kisumu, Mombasa, Eldoret, Nakuru, Malindi, Thika, Nyeri"),
        _split("Wanjiku, Otieno, Achieng, Kipchoge, Njeri, Mwangi, Halima, Barasa, Cherono, Makena, Omondi, Zawadi"),
        _split("Kamau, Odhiambo, Ng'ang'a, Kiplagat, Mutua, Wafula, Njoroge, Hassan, Chebet, Maina, Onyango"),
    ),
    Culture(
        "Japan",
        "ja",
        "+81 90-####-####",
        "co.jp",
        _split("大阪, 札幌, 福岡, 仙台, 京都, 広島, 金沢, 那覇"),
        _split(
            "陽子:Yoko, 健太:Kenta, さくら:Sakura, 大輔:Daisuke, 美咲:Misaki, 翔太:Shota, 千夏:Chinatsu, 悠斗:Yuto, 直美:Naomi"
        ),
        _split(
            "佐藤:Sato, 鈴木:Suzuki, 渡辺:Watanabe, 伊藤:Ito, 山本:Yamamoto, 中村:Nakamura, 小林:Kobayashi, 斎藤:Saito, 井上:Inoue"
        ),
    ),
    Culture(
        "China",
        "zh",
        "+86 138 #### ####",
        "com.cn",
        _split("成都, 杭州, 西安, 南京, 深圳, 青岛, 武汉, 昆明"),
        _split(
            "晓明:Xiaoming, 丽华:Lihua, 建国:Jianguo, 思雨:Siyu, 志强:Zhiqiang, 美玲:Meiling, 浩然:Haoran, 雪梅:Xuemei"
        ),
        _split("王:Wang, 李:Li, 张:Zhang, 刘:Liu, 陈:Chen, 杨:Yang, 欧阳:Ouyang, 黄:Huang, 赵:Zhao, 周:Zhou"),
    ),
    Culture(
        "South Korea",
        "ko",
        "+82 10-####-####",
        "co.kr",
        _split("부산, 인천, 대구, 광주, 대전, 울산, 수원, 전주"),
        _split("민준:Minjun, 서연:Seoyeon, 지훈:Jihoon, 하은:Haeun, 도윤:Doyun, 지민:Jimin, 수아:Sua, 현우:Hyunwoo"),
        _split("김:Kim, 이:Lee, 박:Park, 최:Choi, 정:Jung, 강:Kang, 조:Cho, 윤:Yoon, 남궁:Namgung"),
    ),
    Culture(
        "Egypt",
        "ar",
        "+20 100 ### ####",
        "com.eg",
        _split("القاهرة, الإسكندرية, أسوان, الأقصر, المنصورة, طنطا"),
        _split("ليلى:Layla, محمد:Mohamed, فاطمة:Fatma, يوسف:Youssef, نور:Nour, كريم:Karim, سلمى:Salma, طارق:Tarek"),
        _split("حسن:Hassan, المصري:El-Masry, عبد الله:Abdullah, فهمي:Fahmy, سليمان:Soliman, منصور:Mansour, زكي:Zaki"),
    ),
    Culture(
        "Israel",
        "he",
        "+972 50-###-####",
        "co.il",
        _split("חיפה, תל אביב, ירושלים, באר שבע, נתניה, אילת"),
        _split("נועה:Noa, איתי:Itai, תמר:Tamar, יונתן:Yonatan, שירה:Shira, אורי:Uri, מיכל:Michal, דניאל:Daniel"),
        _split("כהן:Cohen, לוי:Levi, מזרחי:Mizrahi, פרץ:Peretz, ביטון:Biton, אברהם:Avraham, שפירא:Shapira"),
    ),
    Culture(
        "Ukraine",
        "uk",
        "+380 67 ### ## ##",
        "com.ua",
        _split("Львів, Одеса, Харків, Чернівці, Полтава, Ужгород, Дніпро"),
        _split(
            "Оксана:Oksana, Тарас:Taras, Наталія:Nataliia, Богдан:Bohdan, Соломія:Solomiia, Андрій:Andrii, Ірина:Iryna"
        ),
        _split(
            "Шевченко:Shevchenko, Коваленко:Kovalenko, Бондар:Bondar, Ткачук:Tkachuk, Лисенко:Lysenko, Мельник:Melnyk"
        ),
    ),
    Culture(
        "Greece",
        "el",
        "+30 69# ### ####",
        "gr",
        _split("Θεσσαλονίκη, Πάτρα, Ηράκλειο, Λάρισα, Βόλος, Ιωάννινα"),
        _split(
            "Ελένη:Eleni, Γιώργος:Giorgos, Κατερίνα:Katerina, Νίκος:Nikos, Σοφία:Sofia, Δημήτρης:Dimitris, Άννα:Anna"
        ),
        _split("Παπαδόπουλος:Papadopoulos, Νικολάου:Nikolaou, Γεωργίου:Georgiou, Δημητρίου:Dimitriou, Αλεξίου:Alexiou"),
    ),
    Culture(
        "Mexico",
        "es-mx",
        "+52 55 #### ####",
        "com.mx",
        _split("Mérida, Querétaro, León, Mazatlán, Oaxaca, Cancún, Ciudad Juárez, Toluca"),
        _split(
            "Guadalupe, Ángel, Ximena, Jesús, Citlali, Raúl, Yolotzin, Ramón, Itzel, Efraín, María José, Cuauhtémoc"
        ),
        _split("Hernández, Xicoténcatl, Ramírez, Zúñiga, Cárdenas, Treviño, Juárez, Villaseñor, Morán, Escamilla"),
    ),
    Culture(
        "New Zealand",
        "en",
        "+64 21 ### ####",
        "co.nz",
        _split("Whangārei, Dunedin, Tauranga, Taupō, Nelson, Ōtaki, Napier"),
        _split("Aroha, Wiremu, Mere, Tāne, Hinemoa, Rāwiri, Kiri, Nikau, Tessa, Hēmi, Lani, Piripi"),
        _split("Ngata, Parata, Tūhoe, Henare, McKenzie, Te Aho, Williams, Pōtiki, Faleolo, Rangihuna"),
    ),
)
JOBS = _split(
    "Account Executive, Administrator, Architect, Buyer, Chief Financial Officer, Chief of Staff, Civil Engineer, "
    "Controller, Customer Success Manager, Data Analyst, Designer, Director of Operations, Electrician, Engineer, "
    "Facilities Manager, Finance Manager, Founder, Head of Marketing, Head of People, IT Manager, Laboratory "
    "Technician, Legal Counsel, Librarian, Logistics Planner, Managing Director, Marketing Manager, Midwife, Network "
    "Engineer, Nurse, Office Manager, Pharmacist, Procurement Lead, Product Manager, Project Manager, Quality Engineer, "
    "Recruiter, Research Fellow, Sales Director, Security Officer, Software Developer, Support Engineer, Teacher, "
    "Training Coordinator, Translator, Treasurer, Vice President Sales, Warehouse Supervisor"
)
STEMS = _split(
    "Acacia, Albatross, Alder, Amber, Anchor, Aurora, Banyan, Basalt, Beacon, Birch, Bluewater, Brightfield, Calypso, "
    "Cedar, Cinnamon, Cobalt, Copperline, Coral, Cormorant, Delta, Driftwood, Ember, Fjord, Foxglove, Garnet, Glacier, "
    "Granite, Harbour, Hawthorn, Heron, Horizon, Indigo, Ironbridge, Juniper, Kestrel, Kingfisher, Lagoon, Lantern, "
    "Larkspur, Limestone, Lotus, Magnolia, Maple, Meridian, Mistral, Monsoon, Nightingale, Northwind, Oakridge, Obsidian, "
    "Opal, Osprey, Papyrus, Pelican, Plumeria, Quartz, Quill, Redwood, Riverbend, Rowan, Saffron, Sandpiper, Sapphire, "
    "Silverleaf, Skylark, Solstice, Starling, Stonecrop, Summit, Tamarind, Teak, Thistle, Tidewater, Topaz, Umber, "
    "Verdant, Vertex, Wattle, Westwind, Willow, Windmill, Yarrow, Zephyr"
)
TRADES = (
    ("Logistics", "LOGISTICS_AND_SUPPLY_CHAIN"),
    ("Foods", "FOOD_PRODUCTION"),
    ("Software", "COMPUTER_SOFTWARE"),
    ("Energy", "RENEWABLES_ENVIRONMENT"),
    ("Health", "HOSPITAL_HEALTH_CARE"),
    ("Partners", "MANAGEMENT_CONSULTING"),
    ("Textiles", "TEXTILES"),
    ("Marine", "MARITIME"),
    ("Press", "PUBLISHING"),
    ("Instruments", "MEDICAL_DEVICES"),
    ("Builders", "CONSTRUCTION"),
    ("Labs", "RESEARCH"),
    ("Insurance", "INSURANCE"),
    ("Travel", "LEISURE_TRAVEL_TOURISM"),
    ("Academy", "EDUCATION_MANAGEMENT"),
    ("Motors", "AUTOMOTIVE"),
)
SUFFIX = {
    "United States": "Inc.",
    "United Kingdom": "Ltd",
    "Germany": "GmbH",
    "France": "SARL",
    "Spain": "S.L.",
    "Brazil": "Ltda.",
    "Poland": "Sp. z o.o.",
    "Sweden": "AB",
    "India": "Pvt. Ltd.",
    "Sri Lanka": "PLC",
    "Japan": "K.K.",
    "Mexico": "S.A. de C.V.",
    "Türkiye": "A.Ş.",
    "New Zealand": "Ltd",
}
