using System.Security.Cryptography;

namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>Creates and normalizes recovery codes, which replace a lost authenticator app. Each is valid for one sign-in.</summary>
static class RecoveryCode
{
    // Without characters that look alike. 16 characters: about 79 bits.
    const string Alphabet = "23456789abcdefghjkmnpqrstuvwxyz";
    const int Length = 16, Group = 4;

    /// <summary>Creates a random code, in groups separated by hyphens.</summary>
    public static string New() => string.Join('-', RandomNumberGenerator.GetString(Alphabet, Length).Chunk(Group).Select(group => new string(group)));

    /// <summary>Returns a code in lower case without separators, for comparison.</summary>
    public static string Normalize(string code) => code.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
}
