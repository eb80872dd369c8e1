/** Addresses of things, for links: apart from the table of screens, which knows every screen that has such links. */
export const addressOf = {
  job: (id: string): string => `/jobs/${encodeURIComponent(id)}`,
  drift: (entityType: string): string => `/drift/${encodeURIComponent(entityType)}`,
  search: (entityType: string): string => `/search/${encodeURIComponent(entityType)}`,
  deadLetters: (entityType: string): string => `/dead-letters/${encodeURIComponent(entityType)}`,
  settings: (section: string): string => `/settings/${section}`,
  welcome: '/welcome',
} as const;
