// The default categories. A model's own come from its training data and stand in its manifest.
export const DEFAULT_CATEGORIES = [
  'Dry Goods & Pantry Staples',
  'Fresh & Perishable Items',
  'Household & Personal Care',
  'Beverages',
  'Specialty & Miscellaneous',
] as const;
