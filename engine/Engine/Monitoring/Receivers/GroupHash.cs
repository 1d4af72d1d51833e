using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.Monitoring.Notices;

namespace CartRecovery.Engine.Monitoring.Receivers;

/// <summary>The key under which PagerDuty and Opsgenie know a group: SHA-256 of its key, as Alertmanager sends it.</summary>
static class GroupHash
{
    /// <summary>Computes the key in hexadecimal digits.</summary>
    public static string Of(Notice notice) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(notice.GroupKey)));
}
