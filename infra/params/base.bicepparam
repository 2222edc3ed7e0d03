// What every profile takes from the environment of the deployment (azd env set NAME VALUE, or exported variables). A
// variable without a standard must be set; the compiler names it otherwise.
using none

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param regionDisplayName = readEnvironmentVariable('AZURE_REGION_DISPLAY_NAME', 'West Europe')
param nodeVersion = readEnvironmentVariable('NODE_VERSION', '22')

param api = {
  clientId: readEnvironmentVariable('API_CLIENT_ID')
  objectId: readEnvironmentVariable('API_OBJECT_ID')
  identifierUri: readEnvironmentVariable('API_IDENTIFIER_URI')
}
param platformAuthentication = bool(readEnvironmentVariable('PLATFORM_AUTHENTICATION', 'true'))
param publicBaseUrl = readEnvironmentVariable('PUBLIC_BASE_URL', '')

// Settings of the app that differ between operators: one line each.
param settings = {
  CONTROL_PLANE_URL: readEnvironmentVariable('CONTROL_PLANE_URL')
  PROBE_CLIENT_ID: readEnvironmentVariable('PROBE_CLIENT_ID')
  SUPPORT_ADDRESS: readEnvironmentVariable('SUPPORT_ADDRESS')
  SUPPORT_PHONE: readEnvironmentVariable('SUPPORT_PHONE', '')
  OUTBOUND_HOSTS: readEnvironmentVariable('OUTBOUND_HOSTS', '*.docuware.cloud')
  MAIL_QUOTA_PER_MINUTE: readEnvironmentVariable('MAIL_QUOTA_PER_MINUTE', '30')
  MAIL_QUOTA_PER_HOUR: readEnvironmentVariable('MAIL_QUOTA_PER_HOUR', '100')
}

// One line per entry of `secrets` in contract/app.json.
param secrets = {
  PROBE_CLIENT_SECRET: readEnvironmentVariable('PROBE_CLIENT_SECRET')
  LINK_KEYS: readEnvironmentVariable('LINK_KEYS')
  WEBHOOK_MASTER_KEY: readEnvironmentVariable('WEBHOOK_MASTER_KEY')
}

param emailDomain = readEnvironmentVariable('EMAIL_DOMAIN')
param emailDomainVerified = bool(readEnvironmentVariable('EMAIL_DOMAIN_VERIFIED', 'false'))

param contacts = {
  onCallMails: [readEnvironmentVariable('ON_CALL_MAIL')]
  onCallPhones: empty(readEnvironmentVariable('ON_CALL_PHONE', ''))
    ? []
    : [
        {
          countryCode: readEnvironmentVariable('ON_CALL_PHONE_COUNTRY', '49')
          number: readEnvironmentVariable('ON_CALL_PHONE', '')
        }
      ]
  ownerMails: [readEnvironmentVariable('OWNER_MAIL')]
}
param maintenance = {
  timeZone: 'W. Europe Standard Time'
  day: 'Sunday'
  startTime: '02:00:00'
  endTime: '04:00:00'
}
param readersGroupId = readEnvironmentVariable('READERS_GROUP_ID', '')
param budgetStartDate = readEnvironmentVariable('BUDGET_START_DATE')
