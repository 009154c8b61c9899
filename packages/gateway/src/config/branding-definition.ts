/** How the pages look that the gateway itself shows, when a login failed or a page did. No page loads anything from elsewhere. */
export interface Branding {
  /** What the pages call this site. The variable `SITE_NAME` replaces it. Default: its host. */
  readonly name?: string | undefined
  /**
   * Shown in place of the name, 40 pixels high: a path of this site, on a route that anybody may use (`/logo.svg`), or an
   * image as a `data:` URI of at most 32,768 characters.
   */
  readonly logo?: string | undefined
  /** The same, where people prefer dark. Default: `logo`. */
  readonly logoDark?: string | undefined
  /** The button's colour, `#rrggbb`. Its text is black or white, whichever reads better. */
  readonly color?: string | undefined
  /** More CSS, at most 8,192 characters, without `<`. It may load nothing. */
  readonly css?: string | undefined
  /** Where people get help: an `https:` or `mailto:` address, or a path of this site. Default: no link. */
  readonly supportUrl?: string | undefined
}
