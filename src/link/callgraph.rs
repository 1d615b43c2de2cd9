//! Strongly connected components of the call graph, callees first.

/// Components of a graph given by its edges, each before those that point to it. `first` are visited first.
#[must_use]
pub fn components(edges: &[Vec<u32>], first: &[u32]) -> Vec<Vec<u32>> {
    let n = edges.len();
    let mut index = vec![u32::MAX; n];
    let mut low = vec![0u32; n];
    let mut on_stack = vec![false; n];
    let mut stack: Vec<u32> = Vec::new();
    let mut out = Vec::new();
    let mut next = 0u32;
    // Tarjan (1972), with an explicit stack: call chains are as long as they like.
    for root in first.iter().copied().chain(0..n as u32) {
        if index.get(root as usize) != Some(&u32::MAX) {
            continue;
        }
        let mut work: Vec<(u32, usize)> = vec![(root, 0)];
        while let Some((v, i)) = work.pop() {
            let vi = v as usize;
            if i == 0 {
                index[vi] = next;
                low[vi] = next;
                next += 1;
                stack.push(v);
                on_stack[vi] = true;
            }
            if let Some(&w) = edges[vi].get(i) {
                work.push((v, i + 1));
                let wi = w as usize;
                if index[wi] == u32::MAX {
                    work.push((w, 0));
                } else if on_stack[wi] {
                    low[vi] = low[vi].min(index[wi]);
                }
                continue;
            }
            // All successors are done; those of the tree hand up their low link here.
            for &w in &edges[vi] {
                if on_stack[w as usize] {
                    low[vi] = low[vi].min(low[w as usize]);
                }
            }
            if low[vi] == index[vi] {
                let mut component = Vec::new();
                while let Some(w) = stack.pop() {
                    on_stack[w as usize] = false;
                    component.push(w);
                    if w == v {
                        break;
                    }
                }
                component.sort_unstable();
                out.push(component);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::components;

    #[test]
    fn callees_come_first_and_cycles_stay_together() {
        let edges = vec![vec![1], vec![2], vec![1, 3], vec![], vec![0]];
        assert_eq!(components(&edges, &[]), vec![vec![3], vec![1, 2], vec![0], vec![4]]);
    }

    #[test]
    fn a_chain_of_any_length_is_no_stack() {
        let n = 200_000;
        let edges: Vec<Vec<u32>> = (0..n).map(|i| if i + 1 < n { vec![i + 1] } else { vec![] }).collect();
        assert_eq!(components(&edges, &[]).len(), n as usize);
    }
}
