using System.Globalization;

namespace CartRecovery.Primitives.Unicode;

/// <summary>Holds how characters decompose and compose, and the order of marks. Read at the first text beyond ASCII. Thread-safe.</summary>
static class UnicodeTable
{
    static readonly Dictionary<int, int[]> s_parts = [];
    static readonly Dictionary<(int First, int Second), int> s_wholes = [];
    static readonly Dictionary<int, int> s_classes = [];

    static UnicodeTable()
    {
        using var reader = new StreamReader(typeof(UnicodeTable).Assembly.GetManifestResourceStream("unicode.txt")!);
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#'))
            {
                Add(line, line.AsSpan().IndexOfAny("=!~:"));
            }
        }
    }

    /// <summary>Returns a character's parts, which may have parts themselves; <see langword="null"/> for one that is whole.</summary>
    public static int[]? PartsOf(int code) => s_parts.GetValueOrDefault(code);

    /// <summary>Returns the character that two compose; <see langword="null"/> if they do not.</summary>
    public static int? WholeOf(int first, int second) => s_wholes.TryGetValue((first, second), out var whole) ? whole : null;

    /// <summary>Returns a mark's combining class; 0 for a letter.</summary>
    public static int ClassOf(int code) => s_classes.GetValueOrDefault(code);

    static void Add(string line, int sign)
    {
        if (line[sign] == ':')
        {
            var dash = line.IndexOf('-', StringComparison.Ordinal);
            for (var code = Hex(line.AsSpan(0, dash)); code <= Hex(line.AsSpan(dash + 1, sign - dash - 1)); code++)
            {
                s_classes[code] = int.Parse(line.AsSpan(sign + 1), NumberStyles.None, CultureInfo.InvariantCulture);
            }

            return;
        }

        var whole = Hex(line.AsSpan(0, sign));
        var parts = Array.ConvertAll(line[(sign + 1)..].Split(' '), part => Hex(part));
        s_parts[whole] = parts;
        if (line[sign] == '=')
        {
            s_wholes[(parts[0], parts[1])] = whole;
        }
    }

    static int Hex(ReadOnlySpan<char> text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
