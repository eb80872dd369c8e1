/** Names and places of the sample shop's customers: data only, with letters beyond ASCII on purpose. */

const words = (text: string): string[] => text.trim().split(/\s+/);

export const FIRST_NAMES: readonly string[] = words(`
Ada Aisha Akira Alejandro Alice Amélie Ana Anders Andrea Anna Antoine Arjun Asha Astrid Beatriz Ben Bjørn Bruno Camila
Carlos Carmen Céline Chiara Chloé Clara Daniel David Dilan Diego Elena Eleni Elif Emil Emma Erik Ethan Eva Fatima Felix
Finn Francesca Freya Gabriel George Giulia Grace Greta Hanna Hassan Helena Henrik Hiroshi Hugo Ibrahim Ines Ingrid Isabel
Ivan Jack Jan Jana João Johanna José Julia Kaito Kamila Karin Kenji Kofi Lars Laura Léa Leila Lena Leon Liam Lina Linh
Louise Lucía Luka Łukasz Maja Marco Maria Marta Mateo Matěj Maya Mei Mia Michał Miguel Mila Mohammed Nadia Naomi Nils
Nina Noah Noor Olga Olivia Omar Oscar Paola Pedro Petra Priya Rafael Rosa Ruth Samir Sara Sebastián Siobhán Sofia Sven
Tariq Tereza Theo Thomas Tomás Ulrike Uma Valentina Vera Victor Wei William Xavier Yara Yuki Zeynep Zoë 美咲 陽翔 Дмитро Ольга
`);

export const LAST_NAMES: readonly string[] = words(`
Abbott Adeyemi Ahmed Almeida Andersen Andersson Baker Bauer Becker Bergström Bianchi Björk Blanc Bosch Boucher Brandt Brown
Campbell Castro Chen Clarke Colombo Costa Cruz Dąbrowski Dahl Davies Delgado Diallo Dubois Dvořák Eriksen Evans Fernández
Ferrari Fischer Fontaine Fraser Fujita García Gonçalves Graham Gruber Guzmán Haddad Hansen Hashimoto Hernández Hoffmann Horvat
Hughes Ibáñez Ivanova Jansen Jensen Johansson Jones Kaplan Kaya Keller Khan Kim Kowalski Krüger Kumar Lambert Larsen Laurent
Lefèvre Lindqvist López Maher Mancini Martín Martin Mazur Mbeki Meyer Moreau Moretti Müller Murphy Nakamura Navarro Nguyen Nielsen
Novák Núñez Nowak O'Brien O'Connor Okafor Olsen Øster Özdemir Papadopoulos Patel Pereira Petrov Popescu Quinn Ramos Reid Ricci
Rossi Roy Ruiz Sánchez Santos Sato Schmidt Schneider Silva Singh Smirnov Smith Suzuki Svensson Szabó Tanaka Taylor Thompson Torres
Tóth Usman Vasquez Vega Vermeulen Virtanen Wagner Walker Wang Weber Wilson Wójcik Wright Yamamoto Yılmaz Zhang Zimmermann Žukauskas
`);

/** City, country. */
export const PLACES: readonly (readonly [city: string, country: string])[] = `
Austria: Graz, Innsbruck, Linz, Salzburg, Wien
Belgium: Antwerpen, Brugge, Gent, Liège
Brazil: Belém, Curitiba, Recife, São Paulo
Canada: Halifax, Montréal, Québec, Vancouver
Croatia: Rijeka, Split, Zagreb
Czechia: Brno, Olomouc, Plzeň, Praha
Denmark: Aarhus, København, Odense
Finland: Helsinki, Jyväskylä, Tampere, Turku
France: Angoulême, Bordeaux, Grenoble, Lyon, Marseille, Nîmes, Paris, Strasbourg
Germany: Berlin, Bremen, Dresden, Freiburg, Hamburg, Köln, Leipzig, München, Nürnberg
Greece: Athína, Patras, Thessaloníki
Hungary: Budapest, Győr, Pécs, Szeged
Iceland: Akureyri, Reykjavík
Ireland: Cork, Dublin, Galway, Limerick
Italy: Bologna, Firenze, Genova, Milano, Napoli, Roma, Torino, Trieste
Japan: Fukuoka, Kyōto, Sapporo, 東京
Netherlands: Amsterdam, Delft, Groningen, Rotterdam, Utrecht
Norway: Bergen, Oslo, Tromsø, Trondheim
Poland: Gdańsk, Kraków, Łódź, Poznań, Warszawa, Wrocław
Portugal: Braga, Coimbra, Lisboa, Porto
Spain: A Coruña, Barcelona, Bilbao, Cádiz, Madrid, Málaga, Sevilla, València
Sweden: Göteborg, Malmö, Stockholm, Umeå
Switzerland: Basel, Bern, Genève, Zürich
United Kingdom: Bath, Belfast, Brighton, Bristol, Cardiff, Edinburgh, Glasgow, Leeds, London, Norwich, Sheffield, York
United States: Austin, Boston, Chicago, Denver, New York, Portland, San Francisco, Seattle
`
  .trim()
  .split('\n')
  .flatMap((line) => {
    const [country = '', cities = ''] = line.split(': ');
    return cities.split(', ').map((city) => [city, country] as const);
  });
