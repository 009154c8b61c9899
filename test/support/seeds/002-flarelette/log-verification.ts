const auth = await checkAuth(token, policy().build())
console.log({
timestamp: new Date().toISOString(),
jti: auth?.payload.jti,
sub: auth?.sub,
success: !!auth,
})
