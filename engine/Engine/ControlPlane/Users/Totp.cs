using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>Time-based one-time passwords (RFC 6238) with HMAC-SHA-1, 6 digits and 30 seconds: the parameters that all authenticator apps support.</summary>
public static class Totp
{
    /// <summary>Length of a secret, in bytes.</summary>
    public const int SecretSize = 20;

    /// <summary>Number of digits.</summary>
    public const int Digits = 6;

    const int Period = 30;
    const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>Creates a random secret.</summary>
    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretSize);

    /// <summary>Returns the number of the 30-second step that a time is in.</summary>
    public static long StepOf(DateTimeOffset time) => time.ToUnixTimeSeconds() / Period;

    /// <summary>Computes the code of a time step.</summary>
    public static string CodeOf(ReadOnlySpan<byte> secret, long step, int digits = Digits)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
        HMACSHA1.HashData(secret, counter, hash);
        var value = BinaryPrimitives.ReadUInt32BigEndian(hash[(hash[^1] & 0xf)..]) & 0x7fff_ffff;
        return (value % (uint)Math.Pow(10, digits)).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
    }

    /// <summary>Verifies a code. Accepts the current step and its neighbours, because clocks differ.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="code">The code.</param>
    /// <param name="now">The current time.</param>
    /// <param name="usedStep">The step of the last used code. Codes of it and of earlier steps are rejected.</param>
    /// <returns>The code's step; <see langword="null"/> if the code is wrong or used.</returns>
    public static long? Verify(ReadOnlySpan<byte> secret, string code, DateTimeOffset now, long? usedStep)
    {
        long? found = null;
        for (var step = StepOf(now) - 1; step <= StepOf(now) + 1; step++)
        {
            if (CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(CodeOf(secret, step)), Encoding.UTF8.GetBytes(code)) && step > (usedStep ?? long.MinValue))
            {
                found = step;
            }
        }

        return found;
    }

    /// <summary>Returns the <c>otpauth:</c> URI that authenticator apps read from a QR code.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="email">The user's e-mail address, shown in the app.</param>
    public static string AddressOf(ReadOnlySpan<byte> secret, string email) =>
        $"otpauth://totp/CartRecovery:{Uri.EscapeDataString(email)}?secret={Base32(secret)}&issuer=CartRecovery";

    /// <summary>Encodes bytes in base 32 (RFC 4648), without padding.</summary>
    public static string Base32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        var (bits, count) = (0, 0);
        foreach (var b in bytes)
        {
            bits = (bits << 8) | b;
            for (count += 8; count >= 5; count -= 5)
            {
                text.Append(Alphabet[(bits >> (count - 5)) & 31]);
            }

            bits &= (1 << count) - 1;
        }

        return count > 0 ? text.Append(Alphabet[(bits << (5 - count)) & 31]).ToString() : text.ToString();
    }

    /// <summary>Decodes base 32 without padding, in either case.</summary>
    public static bool TryParseBase32(string text, out byte[] bytes)
    {
        var (list, bits, count) = (new List<byte>(), 0, 0);
        foreach (var c in text.ToUpperInvariant())
        {
            var value = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (value < 0 || text.Length > 128)
            {
                bytes = [];
                return false;
            }

            bits = ((bits << 5) | value) & 0xfff;
            count += 5;
            if (count >= 8)
            {
                count -= 8;
                list.Add((byte)(bits >> count));
            }
        }

        bytes = [.. list];
        return true;
    }
}
