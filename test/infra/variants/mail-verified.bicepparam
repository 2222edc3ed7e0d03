// Second phase of a first deployment: the mail domain is linked, a group may read.
using '../../../infra/main.bicep'
extends '../../../infra/params/small.bicepparam'

param emailDomainVerified = true
param readersGroupId = '33333333-3333-4333-8333-333333333333'
