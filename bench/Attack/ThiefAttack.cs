using System.Globalization;

namespace CartRecovery.Bench.Attack;

/// <summary>Another user of the machine, or a thief with a copy of the data folder, looks for people in it.</summary>
static class ThiefAttack
{
    const int People = 50;

    /// <summary>The attack.</summary>
    public static AttackPlan Plan { get; } = new("the data folder", RunAsync)
    {
        Reported = "modes as the umask left them; addresses in the clear",
        PrepareAsync = async engine =>
        {
            for (var i = 0; i < People; i++)
            {
                await engine.PostAsync(AttackPlan.Secret, engine.Event($"cart-{i}", $"s{i}", "identify",
                    $$""","userId":"person{{i}}@stolen.example","meta":{"email":"mail{{i}}@stolen.example","phone":"+316123456{{i:d2}}"}"""));
            }
        },
    };

    static async Task<string> RunAsync(AttackedEngine engine)
    {
        await Task.Delay(TimeSpan.FromSeconds(2));
        var (open, found) = (0, 0);
        foreach (var file in Directory.EnumerateFiles(engine.Process.DataFolder, "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(file) == "lock")
            {
                // The engine's own; it is empty.
                continue;
            }

            open += !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0 ? 1 : 0;
            var content = await ReadAsync(file);
            found += Count(content, "@stolen.example"u8) + Count(content, "316123456"u8);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{open} files that others can read; {found} addresses, numbers and ids in the clear of {People} people");
    }

    static async Task<byte[]> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var content = new MemoryStream();
        await stream.CopyToAsync(content);
        return content.ToArray();
    }

    static int Count(ReadOnlySpan<byte> content, ReadOnlySpan<byte> text)
    {
        var count = 0;
        for (var at = content.IndexOf(text); at >= 0; at = content.IndexOf(text))
        {
            count++;
            content = content[(at + text.Length)..];
        }

        return count;
    }
}
