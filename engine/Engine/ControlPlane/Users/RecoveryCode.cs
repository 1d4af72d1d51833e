using System.Security.Cryptography;

namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>Recovery codes replace a lost authenticator app. Each is valid for one sign-in.</summary>
static class RecoveryCode
{
    // Without letters and digits that look alike; 80 bits.
    const string Alphabet = "23456789abcdefghjkmnpqrstuvwxyz";
    const int Length = 16, Group = 4;

    /// <summary>Creates a random code, in groups of characters.</summary>
    public static string New() => string.Join('-', RandomNumberGenerator.GetString(Alphabet, Length).Chunk(Group).Select(group => new string(group)));

    /// <summary>Returns a code without case and separators, for comparison.</summary>
    public static string Normalize(string code) => code.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
}
