import { defineGateway } from './src/define.ts'

export default defineGateway({
  audiences: {
    reports: {
      permissions: ['read:reports', 'export:reports', 'read:secret-data', 'manage:users'],
      roles: ['analyst', 'admin', 'premium', 'staff'],
    },
  },
  routes: [
    {
      match: '/api/*',
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      service: 'CONSUMER',
      audience: 'reports',
    },
  ],
})
