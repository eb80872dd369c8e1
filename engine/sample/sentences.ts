/**
 * The sentences of the sample shop: data only. `{slot}` stands for a word of the same name below; for one of the product
 * (`noun`, `name`, `part`, `feature`, `use`, `material`, and `is`, `has`, `does`, `it`, `them`, `this` in the noun's
 * number); or for something made up (`first` name, `date`, `time`, `reference`). `{a slot}` puts an article before it.
 */

type Words = Readonly<Record<string, readonly string[]>>;

const lines = (text: string): string[] => text.trim().split('\n');
const list = (text: string): string[] => text.split(';').map((item) => item.trim());

/** Words that any sentence may use. */
export const WORDS: Words = {
  when: list(
    'last Monday; on Tuesday; yesterday; two weeks ago; last Friday; over the weekend; this morning; at the end of last month; just before the holidays; three days ago; in early spring; on my birthday',
  ),
  span: list(
    'two days; a week; ten days; three weeks; a month; six weeks; three months; half a year; forty-eight hours; eight months',
  ),
  wear: list(
    'two days; one week; ten days; a month; six weeks; half a year; barely a year; one winter; a single use; two uses; a dozen uses; the second wash; the first weekend; exactly the warranty period',
  ),
  delay: list(
    'two days; four days; almost a week; nine days; more than two weeks; twelve days; a whole month; five working days; three weeks',
  ),
  broke: list(
    'broke; cracked; came loose; snapped off; stopped working; got stuck; bent; wore out; started to leak; fell apart; jammed; split; started rattling; rusted through',
  ),
  defect: list(
    'scratched; cracked; bent; missing; loose; chipped; dented; the wrong size; visibly used; covered in glue; badly aligned; rusty',
  ),
  remedy: list(
    'a replacement; a refund; a spare part; a repair; store credit; an exchange for the larger model; a technician to call me; my money back; instructions for the return',
  ),
  carrier: list(
    'the courier; the parcel service; the driver; the delivery van; the postman; the freight company; the parcel shop; your carrier',
  ),
  place: list(
    'the flat on the second floor; the bakery next door; the porch; the garage; the bike shed; the reception desk; the parcel locker at the station; the garden bench; the blue door at the back; my office; the front office; the flat on the ground floor',
  ),
  person: list(
    'my husband; my wife; my daughter; my son; my mother; my father; our neighbour; my flatmate; my grandmother; a colleague; my sister; my best friend; our trainer; my uncle',
  ),
  occasion: list(
    "a birthday; Christmas; our wedding anniversary; a housewarming party; Father's Day; Mother's Day; a retirement; a graduation; Easter; a first flat; an engagement; a christening",
  ),
  praise: list(
    'excellent; brilliant; first-class; wonderful; very well made; superb; a joy to use; better than expected; worth every cent; outstanding; just perfect; delightfully simple',
  ),
  meh: list(
    'acceptable; okay; average; nothing special; decent for the price; a mixed bag; usable; mediocre; neither good nor bad',
  ),
  bad: list(
    'disappointing; poorly made; useless; a waste of money; flimsy; far too noisy; unreliable; dangerous; a complete failure; badly designed',
  ),
  quality: list(
    'finish; workmanship; packaging; manual; weight; colour; grip; noise level; balance; assembly; design; size; finishing touch; whole feel',
  ),
  colour: list(
    'anthracite; forest green; navy blue; ivory; rust red; mustard yellow; sand; black; turquoise; silver grey; burgundy; pale pink',
  ),
  adjective: list(
    'compact; sturdy; elegant; lightweight; hard-wearing; dependable; versatile; award-winning; quiet; foldable; energy-saving; beginner-friendly; professional; no-nonsense; timeless',
  ),
  care: list(
    'wipe clean with a damp cloth; do not put in the dishwasher; store in a dry place; rinse with clear water after use; oil the moving parts once a year; wash at thirty degrees; brush off dirt before it dries; keep away from direct sunlight; charge fully before first use',
  ),
  warranty: list('two-year; three-year; five-year; ten-year; thirty-month; lifetime'),
  country: list(
    'Portugal; Denmark; northern Italy; the Black Forest; Slovenia; Wales; Catalonia; Finland; Poland; the Basque Country; Scotland; the Jura',
  ),
  channel: list(
    'by email; by phone in the evening; by text message; by post; through the app; in German; in Spanish; during office hours; by chat',
  ),
  interest: list(
    'camping; baking; trail running; home improvement; bird watching; specialty coffee; gardening; model building; cycling; sailing; photography; board games; vegetable growing; yoga; restoring old furniture; astronomy; cooking for large groups',
  ),
  role: list(
    'a primary school; a mountain rescue team; a small café; a nursing home; a sports club; a film crew; a bicycle workshop; a holiday rental; an architecture practice; a community garden; a youth hostel; a start-up',
  ),
  city: list('Lyon; Porto; Graz; Leeds; Malmö; Gdańsk; Bilbao; Gent; Split; Cork; Basel; Turku'),
  number: list('two; three; four; five; six; eight; ten; a dozen; twenty'),
  house: list('4; 9; 12b; 27; 31; 63; 86; 108; 140a'),
  street: list(
    'Station Road; Mill Lane; Rue des Lilas; Lindenstraße; Calle Mayor; Via Roma; Harbour Street; Church Hill; Østergade; Kirkegata',
  ),
};

/** The maker and series of a product's name. */
export const MAKERS: readonly string[] = list(
  'Nordvik; Halden; Castell; Brennero; Oakmere; Tessaro; Lumière & Fils; Kestrel; Bramley; Søholm; Vantaa Works; Altenberg; Corvino; Fennimore; Grünwald; Harrow & Finch; Ibarra; Juniper; Kolbe; Larkspur; Montclair; Novák Bros.; Osprey Hill; Pemberton; Quill; Rosendahl & Kjær; Sabine; Tamarisk; Ulvik; Verano; Wolfram; Yarrow; Zephyr; Almendra; Birch & Stone; Cobalt; Drumlin; Everly; Foxglove; Garrigue',
);
export const SERIES: readonly string[] = list(
  'Alto; Avanti; Basecamp; Borealis; Brisa; Cascade; Classic; Comet; Companion; Core; Delta; Duo; Echo; Ember; Evo; Explorer; Fjord; Flex; Forte; Glide; Granite; Haven; Horizon; Iris; Jubilee; Luna; Maestro; Meadow; Nimbus; Nova; Orbit; Pico; Pilot; Prime; Pulse; Ridge; Solo; Sprint; Summit; Terra; Tide; Trek; Unity; Vario; Vista; Wander; Zenith',
);

export const DESCRIPTION = {
  opening: lines(`
The {name} {is} made for {use} and {use}.
{a adjective} {noun} with {feature} and {feature}, designed for {use}.
Made of {material}, {this} {noun} {does} well what matters: {use}.
If you are looking for {a adjective} {noun} for {use}, look no further.
Our {adjective} {noun} from {country}: {feature}, {feature} and nothing superfluous.
Built in {country} since the seventies, the {name} {has} {feature}.
Whether for {use} or for {use}, the {name} will not let you down.
`),
  detail: lines(`
{it} {has} {feature}, which pays off most for {use}.
The {part} is made of {material} and can be replaced without tools.
Thanks to {feature}, even beginners manage {use} with ease.
A reinforced {part} and {feature} make {them} last for years.
Testers praised the {quality} and the {adjective} design.
Customers like {them} for {use}, and professionals for {feature}.
The {quality} was improved over the previous model, and the {part} is now made of {material}.
Available in {colour}, {colour} and {colour}.
Spare parts such as the {part} and the {part} are kept in stock for ten years.
The {part} comes pre-assembled; all you need is a screwdriver and ten minutes.
We chose {material} because it ages well and can be repaired.
Compared with cheaper models, {feature} saves time and the {part} stays quiet.
`),
  closing: lines(`
Care: {care}; {care}.
Comes with a {warranty} warranty on the {part}.
Ships in plastic-free packaging, with a {warranty} warranty.
Please {care}, so that the {part} keeps its shape.
Assembled by hand in {country}. {care}.
`),
};

/** What customers write under an order, by what it is about; `demand` and `closing` follow other sentences. */
export const COMMENTS = {
  delivery: lines(`
Please leave the parcel at {place} if nobody is in before {time}; {person} will fetch the {noun}.
Deliver the {noun} to {place}, please; the bell at {street} {house} has been broken for {span}.
Could {carrier} ring me before {time}? On {date} I am in the workshop, busy with {use}.
Please do not deliver the {noun} before {time} on {date}, the baby sleeps.
New address: {street} {house} in {city}, third floor, the lift works again.
It is a gift, so please send the {noun} to {first} at {street} {house} without an invoice.
I will be away for {span} from {date}; can you hold the {noun} back until then?
`),
  late: lines(`
I ordered the {noun} on {date} and {it} should have been here {delay} ago.
Order {reference} is {delay} late and nobody answers the phone; I wanted the {noun} for {occasion}.
According to the tracking {carrier} delivered on {date} at {time}, but nobody came; I have also asked at {place}.
Where is my {noun}? {carrier} has moved the date {number} times already.
The parcel has been stuck in {city} for {delay}; {person} needed the {noun} for {occasion}.
{carrier} left the box in the rain at {place}, and it arrived {delay} late.
`),
  broken: lines(`
The {part} of my {noun} {broke} after {wear}.
When I unpacked the {name} {when}, the {part} was {defect}.
On {date} the {part} {broke} while I was using {them} for {use}.
The {part} is {defect}, so I cannot use the {noun} for {use} at all.
Second time since {date} that the {part} {broke}; {material} would have been the better choice.
The {noun} arrived with a {part} that was {defect}, and the box was open.
`),
  demand: lines(`
I would like {remedy}, please.
Please send {remedy} before {occasion}.
Can I have {remedy}? I have the receipt of {date} and photos.
If I do not get {remedy} within {span}, I will dispute the payment.
What is the quickest way to get {remedy}?
{person} suggested asking for {remedy} first.
`),
  closing: lines(`
You can reach me {channel} until {time}.
Thanks for sorting this out before {date}.
Greetings from {city}, {first}
Many thanks, {first}
{first} from {street} {house}
My customer number is {reference}.
`),
  gift: lines(`
This is a present for {person} for {occasion}, please wrap the {noun} in {colour} paper.
Please add a card: "Happy birthday from {first} and all of us in {city}!" 🎂
For {person}, who dreams of {use}; please remove the price tag.
A surprise for {first}, for {occasion}: please use a neutral box, {person} must not see it.
`),
  question: lines(`
{does} the {name} really come with {feature}? The page says so, the picture does not.
Is the {part} of the {name} available separately, and in {colour}?
Can {person} use the {name} for {use} as well, or is it only for {use}?
I need {number} more of the {name} for {role}; is there a discount?
Is the {part} of the {name} made of {material} or just coated?
Could you swap the {name} to {colour} if it has not shipped yet?
`),
  praise: lines(`
Ordered {when}, here {when}: thank you, the {noun} {is} {praise}!
Third order from {street}, and again {praise}. {person} now wants the same {noun} in {colour}.
The {noun} {is} {praise} for {use}, and {feature} makes the difference.
Lovely packaging, kind note, and the {quality} of the {noun} is {praise} 👍
My old {noun} lasted twenty years; I hope the {name} will too.
`),
  business: lines(`
Our purchase order {reference} for {role} should be on the delivery note.
We buy for {role} in {city} and need an invoice with the VAT number by {date}.
Please put {reference} on the invoice; the {noun} {is} for {role}.
We need {number} of these for {role} by next month, delivery to {city}.
Please split delivery {reference}: {number} to {city}, the rest to {city}.
`),
};

export const REVIEWS = {
  good: {
    titles: lines(`
{praise} for {use}
{praise}!
Exactly what I needed for {use}
Bought for {feature}, kept for {use}
{person} loves {them}
Would buy again, {praise}
Still going strong after {span}
`),
    sentences: lines(`
I bought {this} {noun} {when} for {use}, and {it} {is} {praise}.
The {quality} is {praise}, and the {part} feels solid.
After {span} of {use} the {part} looks like new.
My old {noun} did not have {feature}; I would not want to be without that again.
{person} borrowed {them} for {use} and did not want to give {them} back.
The {material} feels right, and setting up took {number} minutes.
I was sceptical about {feature}, but for {use} {it} {is} {praise}.
Even {person} managed without the manual.
`),
  },
  mixed: {
    titles: lines(`
{meh}
Good {quality}, weak {part}
{meh} for {use}
Fine, but the {part} could be better
Not quite as described
`),
    sentences: lines(`
The {noun} {is} {meh} for {use}, but the {part} feels cheap.
I like {feature}; the {quality}, however, is {meh}.
{it} {does} the job, although the {part} was {defect} at first.
For {use} {it} {is} {meh}; for {use} I would look elsewhere.
The {part} came {defect}, but support sent a new one within {span}.
{person} finds the {quality} {meh}, I can live with it.
`),
  },
  bad: {
    titles: lines(`
The {part} {broke} after {wear}
{bad}
Not suitable for {use}
{defect} on arrival
Do not buy for {use}
Returned after {span}
`),
    sentences: lines(`
The {part} {broke} after {wear}, right in the middle of {use}.
The {quality} is {bad}, and {feature} does not work as advertised.
It arrived {delay} late, and the {part} was {defect}.
Support promised {remedy} {when}; I am still waiting.
For {use} {it} {is} simply {bad}.
{person} cut a finger on the {part}, which was {defect}.
I paid for {material} and got something that {broke} within {span}.
`),
  },
};

/** Texts that many rows share word for word, as they do in real shops. */
export const STOCK_COMMENTS: readonly string[] = list(
  'Please leave the parcel at the door.; Thank you!; Please ring twice.; No substitutions, please.; Gift, no invoice in the box please.; Call me when you are downstairs.; As discussed on the phone.; Same as last time.',
);
export const STOCK_REVIEWS: readonly string[] = list(
  'Great product, fast delivery.; Works as described.; Good value for money.; Everything fine, gladly again.; Not what I expected.; Never again.; Five stars, no complaints.; Okay for the price.',
);
export const STOCK_NOTES: readonly string[] = list(
  'Newsletter subscriber.; Do not call.; Imported from the old system.; Address checked.; Prefers invoices on paper.; Met at the trade fair.',
);

/** What the staff notes about a customer. */
export const NOTES: readonly string[] = lines(`
Prefers to be contacted {channel}, best before {time}; last spoken on {date}.
Interested in {interest} and {interest}; send the catalogue on {interest}.
Buys regularly for {role} in {city}; pays by invoice, last one {reference} of {date}.
Moved from {city} to {street} {house} {when}; the old address in the system is wrong.
Asked for {remedy} {when} because of {a noun} whose {part} {broke}; settled to everyone's satisfaction.
Recommended us to {person}, who orders {interest} equipment for {role}.
Had trouble with {carrier}: parcels for {street} {house} end up at {place}.
Collects everything made of {material} and wants news about our {noun} first.
Allergic to {material}; asked on {date} about the {part} of {a noun}.
Loyal since {date}; gets free shipping and a card for {occasion}.
Complained that the newsletter about {interest} comes too often; unsubscribed on {date}.
Speaks little English, so please answer {channel}; {person} ({first}) helps out on the phone until {time}.
Plans to open {role} in {city} by {date} and needs {number} offers for it.
Returned {number} items within {span}; check with the team before sending {remedy}.
Gave a talk about {interest} in our store in {city} on {date}; brought {person}.
`);
