using System.Collections.Concurrent;

namespace BusJobs;

/// <summary>
/// Keeps the labels of metrics bounded where names come from outside: the first names are told as they are, all that come later as
/// <see cref="Other"/>. Tenants and ids of jobs are no labels at all.
/// </summary>
/// <param name="most">How many names are told.</param>
public sealed class LabelCap(int most = LabelCap.Most)
{
    /// <summary>Names that are told unless another number is given.</summary>
    public const int Most = 200;

    /// <summary>What stands for every name beyond.</summary>
    public const string Other = "other";

    private readonly ConcurrentDictionary<string, bool> known = new(StringComparer.Ordinal);
    private volatile bool isFull;

    public string Of(string name)
    {
        if (known.ContainsKey(name))
        {
            return name;
        }

        if (isFull || known.Count >= most)
        {
            isFull = true;
            return Other;
        }

        known.TryAdd(name, value: true);
        return name;
    }
}
