// The words of the synthetic catalogue. NEW_FAMILIES arrive with the drift: several are worded like the products of another category.
import { DEFAULT_CATEGORIES } from '../schemas/categories.ts';

export type Family = { readonly category: string; readonly aisle: string; readonly flavours: readonly string[]; readonly heads: readonly string[] };
const [DRY, FRESH, HOUSE, DRINK, SPECIAL] = DEFAULT_CATEGORIES;
const family = (category: string, aisle: string, flavours: string, heads: string): Family => ({ category, aisle, flavours: flavours.split(','), heads: heads.split(',') });

export const BRANDS = 'Aldermoor,Briar Hill,Calder & Sons,Dunmore,Eastwick,Fernley,Glenroy,Harrowgate,Ivybridge,Juniper Lane,Kestrel,Larkfield,Millbrook,Northgate,Oakhurst,Pennywell,Quarry Bank,Rosedale,Silverbrook,Thornbury,Underhill,Valebridge,Westmere,Yarrow'.split(',');
export const STYLES = 'Classic,Premium,Organic,Reduced Fat,Natural,Traditional,Extra,Family Size,Gluten Free,No Added Sugar,Light,Fair Trade,Country Style,Value,Select,Gourmet,Fresh,Pure,Rustic,Crisp'.split(',');

export const FAMILIES: readonly Family[] = [
  family(DRY, 'pasta rice', 'Whole Wheat,Egg,Tricolor,Long Grain,Brown,Basmati', 'Spaghetti,Penne,Fusilli,Rice,Couscous,Lasagne Sheets,Orzo'),
  family(DRY, 'canned goods', 'Chopped,Whole,Spicy,Smoked,In Brine,With Herbs', 'Tomatoes,Chickpeas,Kidney Beans,Sweet Corn,Tuna Chunks,Lentils,Sardines'),
  family(DRY, 'baking ingredients', 'Vanilla,Golden,Fine,Self Raising,Dark,Almond', 'Flour,Caster Sugar,Baking Powder,Cake Mix,Cocoa Powder,Icing,Yeast'),
  family(DRY, 'cookies cakes', 'Chocolate,Oat,Ginger,Butter,Lemon,Hazelnut', 'Cookies,Wafers,Shortbread,Biscuits,Brownie Bites,Crackers'),
  family(DRY, 'breakfast cereal', 'Honey,Almond,Berry,Maple,Cinnamon,Coconut', 'Granola,Corn Flakes,Muesli,Porridge Oats,Bran Flakes,Puffed Rice'),
  family(DRY, 'spices seasonings', 'Ground,Smoked,Hot,Sea,Garlic,Lemon', 'Paprika,Cumin,Salt,Pepper,Chili Flakes,Herb Rub,Curry Powder'),
  family(DRY, 'oils vinegars', 'Extra Virgin,Cold Pressed,Apple,Balsamic,Coconut,Sesame', 'Olive Oil,Sunflower Oil,Vinegar,Coconut Oil,Dressing'),
  family(DRY, 'chips pretzels', 'Sea Salt,Barbecue,Cheddar,Sour Cream,Chili,Lime', 'Potato Chips,Tortilla Chips,Pretzels,Popcorn,Pita Chips'),
  family(FRESH, 'fresh fruits', 'Red,Green,Ripe,Seedless,Sweet,Baby', 'Apples,Bananas,Grapes,Lemons,Blueberries,Pears,Mango,Coconut'),
  family(FRESH, 'fresh vegetables', 'Baby,Green,Red,Vine,Washed,Shredded', 'Spinach,Carrots,Tomatoes,Broccoli,Peppers,Mushrooms,Salad Mix'),
  family(FRESH, 'milk cream', 'Whole,Skimmed,Vanilla,Unsweetened,Double,Lactose Free', 'Milk,Cream,Oat Milk,Almond Milk,Half And Half'),
  family(FRESH, 'packaged cheese', 'Mature,Smoked,Grated,Mild,Herb,Sliced', 'Cheddar,Mozzarella,Gouda,Brie,Cream Cheese,Feta'),
  family(FRESH, 'yogurt', 'Strawberry,Vanilla,Honey,Greek,Peach,Coconut', 'Yogurt,Kefir,Skyr,Fromage Frais'),
  family(FRESH, 'meat counter', 'Boneless,Smoked,Lean,Free Range,Marinated,Spicy', 'Chicken Breast,Ground Beef,Pork Chops,Sausages,Bacon,Turkey Slices'),
  family(FRESH, 'bread', 'Seeded,Sourdough,White,Rye,Garlic,Sliced', 'Bread,Bagels,Rolls,Baguette,Buns,Pita'),
  family(HOUSE, 'cleaning products', 'Lemon,Pine,Antibacterial,Ocean,Multi Surface,Citrus', 'Cleaner Spray,Floor Wash,Wipes,Bleach,Glass Cleaner,Scrub'),
  family(HOUSE, 'laundry', 'Lavender,Sensitive,Cotton,Spring,Color,Coconut', 'Detergent,Fabric Softener,Stain Remover,Laundry Pods'),
  family(HOUSE, 'paper goods', 'Soft,Quilted,Recycled,Jumbo,White,Printed', 'Paper Towels,Toilet Tissue,Napkins,Facial Tissues'),
  family(HOUSE, 'hair care', 'Argan,Coconut,Moisture,Honey,Repair,Volume', 'Shampoo,Conditioner,Hair Mask,Styling Gel'),
  family(HOUSE, 'oral hygiene', 'Mint,Whitening,Charcoal,Kids,Sensitive,Fresh Breath', 'Toothpaste,Mouthwash,Toothbrush,Floss'),
  family(HOUSE, 'soap', 'Almond,Honey,Oat,Aloe,Milk,Rose', 'Hand Soap,Body Wash,Bar Soap,Bath Foam'),
  family(DRINK, 'soft drinks', 'Cola,Lemon,Orange,Cherry,Ginger,Zero', 'Soda,Lemonade,Tonic,Ginger Ale,Fizzy Drink'),
  family(DRINK, 'juice nectars', 'Orange,Apple,Mango,Cranberry,Tropical,Carrot', 'Juice,Nectar,Smoothie,Juice Cocktail'),
  family(DRINK, 'water', 'Sparkling,Still,Lemon,Lime,Berry,Coconut', 'Water,Mineral Water,Spring Water,Flavored Water'),
  family(DRINK, 'coffee', 'Dark Roast,Espresso,Decaf,Vanilla,Hazelnut,Colombian', 'Coffee Beans,Ground Coffee,Instant Coffee,Coffee Pods'),
  family(DRINK, 'beer wine', 'Pale,Dry,Red,White,Amber,Alcohol Free', 'Ale,Lager,Wine,Cider,Stout'),
  family(SPECIAL, 'missing', 'Gift,Mini,Deluxe,Artisan,Truffle,Smoked', 'Hamper,Sampler,Gift Set,Tasting Box,Honeycomb,Caviar'),
  family(SPECIAL, 'other', 'Seasonal,Imported,Handmade,Vintage,Rare,Mixed', 'Collection,Basket,Candle,Preserve,Chutney,Tea Caddy'),
  family(SPECIAL, 'party supplies', 'Birthday,Gold,Rainbow,Paper,Wedding,Party', 'Balloons,Plates,Confetti,Cups,Candles,Streamers'),
];

export const NEW_FAMILIES: readonly Family[] = [
  family(DRY, 'energy granola bars', 'Peanut,Berry,Honey,Oat,Maple,Salted Caramel', 'Protein Bar,Granola Slab,Nut Cluster,Energy Bites,Oat Biscuits'),
  family(DRY, 'instant foods', 'Beef,Chicken,Mushroom,Spicy,Garlic,Cheddar', 'Ramen Cup,Noodle Pot,Soup Sachet,Rice Pot,Couscous Cup'),
  family(FRESH, 'frozen meals', 'Chicken,Penne,Beef,Spinach,Smoked,Lean', 'Lasagna Bake,Burrito Bowl,Pot Pie,Chicken Breast Tray,Cheddar Gratin'),
  family(FRESH, 'ice cream ice', 'Cookie Dough,Coffee,Mango,Vanilla,Strawberry,Lemon', 'Gelato,Sorbet Tub,Ice Pops,Frozen Yogurt,Cream Cone'),
  family(HOUSE, 'dog food care', 'Beef,Chicken,Sensitive,Bacon,Oat,Fresh Breath', 'Dog Kibble,Puppy Shampoo,Dental Sticks,Dog Wipes,Paw Soap'),
  family(HOUSE, 'baby care', 'Banana,Aloe,Sensitive,Apple,Oat,Honey', 'Diapers,Baby Shampoo,Baby Wash,Teething Gel,Baby Wipes'),
  family(DRINK, 'tea', 'Lemon,Earl Grey,Ginger,Honey,Mint,Hibiscus', 'Tea Bags,Loose Leaf,Chai Coffee Mix,Iced Lemonade Tea,Infusion Water'),
  family(SPECIAL, 'vitamins supplements', 'Fish Oil,Milk Thistle,Garlic,Mini,Honey,Coconut', 'Capsules,Gummies,Softgels,Tablets Gift Set,Tincture'),
];
