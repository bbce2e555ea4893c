/**
 * lightweight-charts puts one fixed <style> element beside its attribution link, which its licence asks to be shown.
 * That text, by its SHA-256, is the only inline style allowed; a test holds this against the installed library.
 * Style properties that scripts set through the DOM need no permission.
 */
const CHART_ATTRIBUTION_STYLE = "'sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY='"

/**
 * `require-trusted-types-for 'script'` is left out: the same attribution link is written through `innerHTML` by the
 * chart library, which knows no trusted types.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' ${CHART_ATTRIBUTION_STYLE}`,
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** On every answer, whatever made it. `isTls` says that the outside reaches us by https. */
export function securityHeaders(isTls: boolean): Readonly<Record<string, string>> {
  return {
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=()',
    'x-permitted-cross-domain-policies': 'none',
    // Private unless the answer says otherwise.
    'cache-control': 'no-store',
    ...(isTls ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
}
