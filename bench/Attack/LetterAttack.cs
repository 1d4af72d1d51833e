using System.Globalization;

namespace CartRecovery.Bench.Attack;

/// <summary>Rejected events of two bytes with everyone's key of one store push the dead letters of the other off the disk.</summary>
static class LetterAttack
{
    const int Letters = 100;
    const int Posts = 200;
    const int Batch = 2_500;

    /// <summary>The attack.</summary>
    public static AttackPlan Plan { get; } = new("dead letters", RunAsync)
    {
        Reported = "all stores' letters lost; 92 bytes on the disk for a byte sent",
        Configuration = ["deadLetters: { size: 16MB }"],
        PrepareAsync = engine => engine.PostAsync(AttackPlan.Other, $"[{string.Join(',', Enumerable.Repeat("{\"odd\":1}", Letters))}]"),
    };

    static async Task<string> RunAsync(AttackedEngine engine)
    {
        await AttackedEngine.WaitAsync(() => Size(engine) > 0);
        var before = await AttackedEngine.SettleAsync(() => Size(engine));
        var batch = $"[{string.Join(',', Enumerable.Repeat('0', Batch))}]";
        for (var i = 0; i < Posts; i++)
        {
            await engine.PostAsync(AttackPlan.Publishable, batch);
        }

        var grown = await AttackedEngine.SettleAsync(() => Size(engine)) - before;
        var left = (await engine.GetAsync("/v1/deadletters?limit=500", AttackPlan.Other))?.GetProperty("items").GetArrayLength();
        return string.Create(CultureInfo.InvariantCulture,
            $"{Letters - left} of {Letters} letters of the other store lost; {(double)grown / ((long)Posts * batch.Length):N1} bytes on the disk for a byte sent");
    }

    static long Size(AttackedEngine engine)
    {
        var folder = new DirectoryInfo(Path.Combine(engine.Process.DataFolder, "deadletters"));
        return folder.Exists ? folder.EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length) : 0;
    }
}
