/** What the sample shop sells: data only. Hand-written so that a search for "leaking coffee maker" has something to find. */

export interface ProductKind {
  /** Prefix of the SKU; three letters. */
  readonly code: string;
  readonly category: string;
  /** In lower case; a plural if it ends in a single `s`. */
  readonly noun: string;
  readonly price: readonly [low: number, high: number];
  /** What can break. */
  readonly parts: readonly string[];
  /** Noun phrases that follow "with". */
  readonly features: readonly string[];
  /** Noun phrases that follow "for". */
  readonly uses: readonly string[];
  readonly materials: readonly string[];
}

const list = (text: string): string[] => text.split(';').map((item) => item.trim());

/** One kind a line: code noun | price range | parts | features | uses. */
function category(name: string, materials: string, table: string): ProductKind[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [head = '', price = '', parts = '', features = '', uses = ''] = line
        .split('|')
        .map((cell) => cell.trim());
      const [low = 0, high = 0] = price.split('-').map(Number);
      return {
        code: head.slice(0, 3),
        category: name,
        noun: head.slice(4),
        price: [low, high],
        parts: list(parts),
        features: list(features),
        uses: list(uses),
        materials: list(materials),
      };
    });
}

export const PRODUCT_KINDS: readonly ProductKind[] = [
  ...category(
    'Kitchen',
    'brushed stainless steel; borosilicate glass; die-cast aluminium; BPA-free plastic; enamelled cast iron; solid beech',
    `
ESP espresso machine | 119-899 | steam wand; portafilter; water pump; drip tray; pressure gauge | a 15 bar pump; a swivelling steam wand; a cup warmer; pre-infusion; a removable two-litre tank | morning cappuccinos; small kitchens; flat whites at home; office coffee corners
COF filter coffee maker | 39-189 | glass jug; hot plate; swivel filter; timer display; non-drip valve | a programmable timer; an insulated jug; an aroma dial; an automatic shut-off | large families; slow Sunday breakfasts; meeting rooms; early risers
GRI burr coffee grinder | 49-329 | grinding burr; bean hopper; dosing lever; anti-static cup | forty grind settings; conical steel burrs; a quiet gearbox; a dosing timer | pour-over coffee; freshly ground espresso; cold brew; French press lovers
KET electric kettle | 24-129 | lid hinge; heating element; limescale filter; power base | variable temperature; a gooseneck spout; boil-dry protection; a keep-warm function | green tea; baby formula; camping vans with mains power; instant soups
BLE stand blender | 35-399 | blade assembly; jug seal; speed dial; rubber coupling | a six-blade knife; a pulse function; a self-cleaning cycle; a tamper for thick mixes | frozen fruit smoothies; vegetable soups; nut butter; crushed ice
TOA four-slice toaster | 29-149 | crumb tray; browning dial; toast lever; heating wire | extra-wide slots; a defrost mode; a bun warmer; seven browning levels | sourdough bread; bagels; busy school mornings; thick country loaves
KNI chef's knife | 25-249 | blade tip; handle rivet; blade guard; bolster | a hand-honed edge; a full tang; a pearwood handle; an 18 degree edge | chopping herbs; filleting fish; slicing tomatoes; carving roasts
PAN cast iron frying pan | 29-159 | handle sleeve; enamel coating; pouring lip; glass lid | a pre-seasoned surface; two pouring lips; an oven-safe handle; a helper grip | searing steaks; fried eggs; cornbread; induction hobs
MIX stand mixer | 99-699 | dough hook; planetary gear; splash guard; tilt lock | a five-litre bowl; a planetary mixing action; ten speeds; a whisk and a flat beater | pizza dough; birthday cakes; meringue; weekly bread baking
`,
  ),
  ...category(
    'Outdoor',
    'full-grain leather; ripstop nylon; anodised aluminium; recycled polyester; goose down; silicone-coated nylon',
    `
BOO hiking boots | 79-349 | left sole; lace hook; heel counter; waterproof membrane; insole | a waterproof membrane; a deep-lugged sole; padded ankle collars; a rubber toe cap | wet mountain trails; long-distance hikes; rocky ground; autumn walks with the dog
TEN two-person tent | 89-799 | tent pole; flysheet zip; groundsheet; guy line; inner mesh | two porches; colour-coded poles; a 4,000 mm flysheet; taped seams | weekend camping; windy ridges; cycle touring; festival fields
SLE sleeping bag | 49-499 | zip slider; hood cord; draught collar; compression sack | a comfort rating of minus five; a two-way zip; a draught collar; a tiny pack size | winter bivouacs; mountain huts; spring camping; cold sleepers
BAC trekking backpack | 59-329 | hip belt buckle; shoulder strap; top lid; rain cover; side pocket | an adjustable back length; a ventilated mesh back; a built-in rain cover; a hydration sleeve | week-long treks; hut tours; carry-on travel; heavy loads
HEA head torch | 19-149 | battery door; tilt hinge; head strap; charging port | 400 lumens; a red night mode; a rechargeable battery; a boost beam | night running; cave visits; reading in the tent; repairs under the sink
STO camping stove | 25-219 | gas valve; igniter; pot support; windshield | piezo ignition; a built-in windshield; a fast boil; folding legs | melting snow; one-pot dinners; coffee at the summit; lightweight trips
POL trekking poles | 29-189 | locking lever; carbide tip; wrist strap; cork grip | cork grips; flick locks; carbon shafts; interchangeable baskets | steep descents; sore knees; snowshoe tours; Nordic walking
JAC rain jacket | 59-449 | main zip; hood drawcord; cuff strap; shoulder seam | pit zips; a helmet-compatible hood; fully taped seams; a three-layer membrane | stormy commutes; alpine climbs; city drizzle; sailing weekends
BIN binoculars | 69-899 | focus wheel; eyecup; neck strap; left lens | phase-coated prisms; twist-up eyecups; a nitrogen filling; a wide field of view | bird watching; stargazing; opera evenings; safari trips
`,
  ),
  ...category(
    'Tools',
    'chrome-vanadium steel; glass-filled nylon; hardened tool steel; forged steel; ash wood; two-component rubber',
    `
DRI cordless drill | 49-379 | chuck; battery pack; trigger switch; gearbox; belt clip | a brushless motor; a metal keyless chuck; two-speed gearing; an LED work light | flat-pack furniture; drilling into concrete; deck building; hanging shelves
SAW circular saw | 69-329 | blade guard; depth lever; dust port; parallel fence | a laser guide; bevel cuts to 50 degrees; a soft start; an electric brake | cutting plywood; laminate floors; roof battens; garden sheds
SAN random orbit sander | 39-249 | sanding pad; dust box; switch cover; power cord | a vibration-damped grip; variable speed; a sealed switch; hook-and-loop discs | refinishing tables; window frames; wooden boats; skirting boards
SCR precision screwdriver set | 12-89 | bit holder; storage case; ratchet; swivel cap | sixty magnetic bits; a ratchet handle; a flexible shaft; an aluminium case | phone repairs; spectacles; model railways; laptop upgrades
LAD telescopic ladder | 79-299 | locking pin; rubber foot; release button; stabiliser bar | soft-close rungs; a carry strap; automatic locks; a slim folded size | loft hatches; cleaning gutters; painting ceilings; camper vans
COM air compressor | 99-549 | pressure valve; air hose; drain screw; motor cover | an oil-free motor; a 24 litre tank; two pressure gauges; large wheels | tyre inflation; nail guns; airbrush painting; blowing out sawdust
WRE torque wrench | 29-219 | ratchet head; scale ring; locking nut; plastic case | a clear click; a reversible ratchet; a calibration certificate; a knurled handle | changing winter tyres; bicycle cranks; engine work; spark plugs
VIC bench vice | 39-259 | spindle; jaw plate; swivel base; locking bolt | a rotating base; replaceable jaws; a built-in anvil; pipe jaws | filing metal; sharpening skates; gluing chairs; home workshops
`,
  ),
  ...category(
    'Garden',
    'galvanised steel; untreated larch; powder-coated aluminium; UV-resistant resin; terracotta; hot-forged carbon steel',
    `
MOW cordless lawn mower | 149-749 | cutting blade; grass box; height lever; front wheel | a mulching insert; a folding handle; single-lever height adjustment; two batteries | small city lawns; slopes; quiet Sunday mowing; narrow passages
HED hedge trimmer | 59-299 | cutting bar; hand guard; battery latch; blade tip | laser-cut blades; a rotating handle; an anti-jam system; a long reach | box hedges; thick laurel; shaping yew; overgrown fences
HOS hose reel | 29-179 | hose connector; winding handle; wall bracket; spray nozzle | an automatic rewind; a swivelling bracket; frost protection; a seven-pattern nozzle | vegetable beds; washing the car; hot summers; balcony gardens
PRU pruning shears | 14-89 | return spring; safety catch; upper blade; grip cover | a bypass cut; a sap groove; a rotating grip; replaceable blades | roses; fruit trees; hanging baskets; grape vines
GRE mini greenhouse | 39-349 | roof hinge; shelf clip; cover zip; corner joint | two opening roof panels; four shelves; a reinforced cover; wind anchors | tomato seedlings; overwintering citrus; chilli plants; early lettuce
BBQ charcoal barbecue | 49-599 | ash drawer; lid thermometer; grill grate; air vent; leg screw | a lid thermometer; an adjustable grate; a warming rack; a removable ash drawer | slow-cooked ribs; family garden parties; grilled vegetables; smoked trout
FOU solar fountain | 19-129 | pump impeller; solar panel; water nozzle; float ring | a battery buffer; six nozzles; coloured lights; a dry-run stop | bird baths; goldfish ponds; shady patios; terrace bowls
`,
  ),
  ...category(
    'Electronics',
    'matt polycarbonate; brushed aluminium; woven fabric; tempered glass; recycled ocean plastic; soft-touch silicone',
    `
HDP wireless headphones | 39-429 | ear cushion; headband; charging port; left speaker; hinge | active noise cancelling; thirty hours of battery life; a folding design; multipoint pairing | long flights; open-plan offices; video calls; late-night films
SPE bluetooth speaker | 25-299 | battery; volume button; carry loop; speaker grille | a waterproof housing; stereo pairing; deep bass; twenty hours of playback | beach days; bathroom concerts; kitchen parties; podcasts in the garden
KEY mechanical keyboard | 49-249 | space bar; key switch; USB cable; folding foot | hot-swappable switches; per-key lighting; a detachable cable; double-shot keycaps | programmers; long novels; quiet offices; competitive gaming
MON desk monitor | 119-899 | stand arm; power supply; display panel; joystick button | a height-adjustable stand; a 27 inch panel; USB-C charging; an anti-glare coating | photo editing; spreadsheets; home offices; console games
WAT fitness watch | 49-449 | wrist strap; charging cradle; touch screen; heart rate sensor | built-in GPS; sleep tracking; a week of battery life; an always-on display | marathon training; open-water swimming; counting steps; better sleep
CAM security camera | 29-249 | wall mount; night vision lamp; memory slot; motion sensor | colour night vision; local storage; person detection; a weatherproof housing | front doors; holiday homes; watching the cat; garage driveways
EBO e-book reader | 79-349 | touch screen; page button; power key; cover magnet | a glare-free screen; a warm reading light; weeks of battery life; a waterproof body | beach reading; bedtime; train commutes; heavy classics
ROU mesh wifi router | 59-379 | network port; power adapter; status light; antenna | three satellites; a guest network; parental controls; easy app setup | thick stone walls; large flats; home cinemas; dead spots in the attic
`,
  ),
  ...category(
    'Home',
    'organic cotton; solid oak; hand-blown glass; washable linen; powder-coated steel; natural cork',
    `
LAM floor lamp | 39-329 | dimmer; lamp shade; foot switch; joint screw | a step-less dimmer; an adjustable arm; a warm light; a weighted base | reading corners; dark hallways; evening knitting; cosy living rooms
VAC robot vacuum cleaner | 129-799 | side brush; dust bin; docking contact; left wheel; bumper | laser navigation; an emptying station; a mopping pad; no-go zones | pet hair; hard floors; wheelchair households; daily crumbs
DUV down duvet | 59-449 | side seam; cover button; inner chamber; quilting stitch | box stitching; a breathable cover; a four-season design; extra length | cold bedrooms; allergy sufferers; hot sleepers; tall people
CHA office chair | 89-699 | gas spring; armrest; castor; tilt mechanism; lumbar cushion | a synchronous tilt; 4D armrests; an adjustable lumbar support; hard-floor castors | home offices; bad backs; tall users; long gaming nights
DES standing desk | 199-899 | lifting motor; control panel; table edge; cable tray | four memory positions; a collision stop; a whisper-quiet motor; a bamboo top | sore shoulders; shared workplaces; video editing; small studies
CUR blackout curtains | 25-149 | eyelet; side hem; lining; tie-back | thermal lining; rust-free eyelets; noise damping; machine-washable fabric | shift workers; nurseries; street-facing bedrooms; draughty windows
CLO wall clock | 15-159 | minute hand; battery clip; glass cover; movement | a silent sweep movement; large numerals; a radio-controlled movement; a domed glass | kitchens; classrooms; waiting rooms; light sleepers
MAT foam mattress | 149-899 | zip cover; side handle; foam core; edge support | seven zones; a washable cover; two firmness levels; a pressure-relieving top layer | side sleepers; guest rooms; couples of different weight; back pain
`,
  ),
  ...category(
    'Sports',
    'breathable mesh; natural rubber; carbon fibre; neoprene; high-tenacity polyester; vulcanised rubber',
    `
RUN running shoes | 59-249 | heel cushion; outsole; lace eyelet; tongue | a rocker sole; a wide toe box; reflective details; a carbon plate | half marathons; asphalt; forest trails; flat feet
YOG yoga mat | 15-119 | carry strap; surface coating; edge; alignment print | a non-slip surface; alignment lines; extra thickness; a closed-cell structure | hot yoga; morning stretching; Pilates at home; sensitive knees
BIK city bike | 299-899 | chain guard; rear brake; saddle clamp; gear shifter; front light | eight-speed hub gears; a hub dynamo; puncture-proof tyres; a low step | daily commutes; shopping trips; cobbled streets; child seats
HEL bicycle helmet | 29-219 | chin strap; fit dial; visor; padding | a rotational impact layer; a rear light; a magnetic buckle; fourteen air vents | school runs; gravel tours; e-bikes; mountain passes
DUM adjustable dumbbells | 79-499 | weight dial; storage tray; locking pin; handle | fifteen weight steps; a quick-change dial; a compact tray; knurled handles | small flats; strength training; rehabilitation; garage gyms
KAY inflatable kayak | 129-799 | air valve; skeg; seat back; floor chamber | a drop-stitch floor; two seats; a removable skeg; a foot pump | calm lakes; river tours; family holidays; fishing trips
GOG swimming goggles | 9-69 | nose bridge; silicone seal; head strap; lens coating | an anti-fog coating; UV protection; mirrored lenses; three nose bridges | triathlons; indoor pools; open water; swimming lessons
`,
  ),
  ...category(
    'Toys & hobby',
    'birch plywood; water-based paint; soft felt; food-grade silicone; FSC-certified beech; recycled cardboard',
    `
TRA wooden train set | 19-149 | bridge piece; magnetic coupling; wagon wheel; track connector | magnetic couplings; a battery engine; eighty pieces; a tunnel and a crane | rainy afternoons; toddlers; grandparents' living rooms; birthday presents
PUZ jigsaw puzzle | 9-59 | edge piece; box lid; sorting bag; poster | a thousand pieces; a linen finish; a full-size poster; a snug fit | long winter evenings; shared holidays; patient adults; map lovers
TEL beginner telescope | 69-499 | finder scope; tripod leg; eyepiece; focus knob | two eyepieces; a smartphone holder; an aluminium tripod; a moon filter | craters of the moon; Saturn's rings; curious children; dark countryside skies
PAI watercolour set | 12-139 | brush tip; paint pan; tin hinge; mixing palette | thirty-six half pans; a travel tin; a water brush; lightfast pigments | urban sketching; botanical drawings; postcards; art classes
UKU concert ukulele | 29-249 | tuning peg; bridge; nylon string; fret wire | smooth tuning pegs; carbon strings; a padded bag; a solid spruce top | absolute beginners; campfire songs; music lessons; travelling musicians
DRO camera drone | 79-899 | propeller; gimbal; battery latch; remote control; landing leg | a three-axis gimbal; an automatic return; obstacle sensors; half an hour of flight time | landscape films; roof inspections; wedding videos; first flights
BLO building blocks | 15-119 | corner block; storage box; base plate; wheel set | two hundred pieces; rounded edges; a cotton bag; an idea booklet | creative builders; nursery schools; marble runs; rainy weekends
`,
  ),
];
