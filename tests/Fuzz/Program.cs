using CartRecovery.Fuzz;
using SharpFuzz;

// Without files, the inputs come from AFL++: see tests/Fuzz/run.
if (args is ["seeds", var folder])
{
    foreach (var (name, target) in FuzzTarget.All)
    {
        var seeds = Directory.CreateDirectory(Path.Combine(folder, name));
        foreach (var (number, seed) in target.Seeds().Index())
        {
            File.WriteAllBytes(Path.Combine(seeds.FullName, $"{number}"), seed);
        }
    }

    return 0;
}

if (args is not [var kind, .. var files] || !FuzzTarget.All.TryGetValue(kind, out var chosen))
{
    Console.Error.WriteLine($"Usage: CartRecovery.Fuzz seeds FOLDER | {string.Join('|', FuzzTarget.All.Keys)} [FILE…]   FILE: an input to repeat");
    return 2;
}

if (files.Length == 0)
{
    Fuzzer.OutOfProcess.Run(stream =>
    {
        using var input = new MemoryStream();
        stream.CopyTo(input);
        chosen.Run(input.ToArray());
    });
}

foreach (var file in files)
{
    chosen.Run(File.ReadAllBytes(file));
    Console.WriteLine($"{file}: fine");
}

return 0;
